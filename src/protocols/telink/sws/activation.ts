import { isBenchError } from '../../../core/errors.ts';
import type { LogSink } from '../../../core/log.ts';
import { throwIfAborted } from './errors.ts';
import { encodeWrites, type SwsWrite } from './flash-commands.ts';
import type { SwsLine } from './line.ts';
import { CPU_STOP, REBOOT, REGISTER } from './registers.ts';
import { DEFAULT_WINDOW_MS, FLOOD_BURST_MS, FLOOD_SLICE_MS, TIMING } from './timings.ts';

export interface ActivationOptions {
  readonly signal: AbortSignal;
  /** How long "stop CPU" is sent after the battery should be in, ms. Default 5000. */
  readonly windowMs?: number;
  /** Windows before giving up; Infinity for the empty jig, which waits for the next unit. Default 1. */
  readonly windows?: number;
  /** Before the window: time in which the operator takes the battery out, ms. 0 (the default): nobody is led. */
  readonly batteryOutMs?: number;
  /** `lines`: DTR and RTS are pulsed at the start of each window, for adapters that have one of them wired to reset or supply. */
  readonly resetBy?: 'lines' | 'hands';
  /** For screens; at most one a second and window beside `window-opens` and `window-closes`. */
  onEvent?(event: ActivationEvent): void;
}

/** What happens while a unit is waited for. */
export type ActivationEvent =
  | { readonly kind: 'window-opens'; readonly window: number; readonly baudRate: number }
  /** Battery out now; it goes in again in `secondsLeft`. */
  | { readonly kind: 'battery-out'; readonly secondsLeft: number }
  /** Battery in now; the window closes in `secondsLeft`. */
  | { readonly kind: 'battery-in'; readonly secondsLeft: number }
  /** Full only: a chip answers. */
  | { readonly kind: 'answered'; readonly afterMs: number }
  | { readonly kind: 'window-closes'; readonly window: number };

export const stopCpu: SwsWrite = { address: REGISTER.cpuControl, data: [CPU_STOP] };
const softReset: SwsWrite = { address: REGISTER.power, data: [REBOOT] };

/**
 * One window: restarts the chip as far as that can be done from here, then sends "stop CPU" without a pause until one of
 * them falls into the short time after a start in which the chip listens. `isCaught` is asked between the floods, which
 * costs a small part of the window; without it the window lasts its whole time. Returns whether the chip was caught.
 */
export async function openWindow(
  line: SwsLine,
  window: number,
  options: ActivationOptions,
  log: LogSink,
  isCaught?: (isLastLook: boolean) => Promise<boolean>,
): Promise<boolean> {
  const { signal, windowMs = DEFAULT_WINDOW_MS, batteryOutMs = 0 } = options;
  const onEvent = (event: ActivationEvent) => options.onEvent?.(event);
  const { clock } = line;
  throwIfAborted(signal);
  onEvent({ kind: 'window-opens', window, baudRate: line.port.baudRate });
  if (options.resetBy === 'lines') await pulseLines(line, log);
  await line.sendWrites([softReset]);
  const begunAtMs = clock.monotonicMs();
  const totalMs = batteryOutMs + windowMs;
  let told = '';
  for (let passedMs = 0; passedMs < totalMs; passedMs = clock.monotonicMs() - begunAtMs) {
    const isOut = passedMs < batteryOutMs;
    const kind = isOut ? 'battery-out' : 'battery-in';
    const secondsLeft = Math.ceil(((isOut ? batteryOutMs : totalMs) - passedMs) / 1000);
    if (told !== `${kind} ${secondsLeft}`) onEvent({ kind, secondsLeft });
    told = `${kind} ${secondsLeft}`;
    await flood(line, Math.min(FLOOD_SLICE_MS, totalMs - passedMs), signal);
    if ((await isCaught?.(clock.monotonicMs() - begunAtMs >= totalMs)) === true) {
      onEvent({ kind: 'answered', afterMs: clock.monotonicMs() - begunAtMs });
      return true;
    }
  }
  onEvent({ kind: 'window-closes', window });
  return false;
}

/** "Stop CPU" without a pause for `ms`. */
async function flood(line: SwsLine, ms: number, signal: AbortSignal): Promise<void> {
  const { clock } = line;
  const one = encodeWrites([stopCpu], line.encoding);
  const times = Math.max(1, Math.ceil(FLOOD_BURST_MS / line.wireMs(one.length)));
  const burst = new Uint8Array(one.length * times);
  for (let at = 0; at < burst.length; at += one.length) burst.set(one, at);
  const burstMs = line.wireMs(burst.length);
  const begunAtMs = clock.monotonicMs();
  const bursts = Math.max(1, Math.ceil(ms / burstMs));
  let before: Promise<void> = Promise.resolve();
  for (let index = 0; index < bursts; index++) {
    throwIfAborted(signal);
    // One burst is queued while another is sent, so that the wire never rests; not more, whatever the port swallows.
    const aheadMs = begunAtMs + (index - 1) * burstMs - clock.monotonicMs();
    if (aheadMs > 0) await clock.sleep(aheadMs);
    const sending = line.send(burst);
    sending.catch(() => undefined);
    await before;
    before = sending;
  }
  await before;
  const restMs = begunAtMs + bursts * burstMs - clock.monotonicMs();
  if (restMs > 0) await clock.sleep(restMs);
}

async function pulseLines(line: SwsLine, log: LogSink): Promise<void> {
  try {
    await line.port.setLines({ dtr: true, rts: true });
    await line.clock.sleep(TIMING.linesHeld);
    await line.port.setLines({ dtr: false, rts: false });
  } catch (error) {
    if (!isBenchError(error, 'NO_CONTROL_LINES')) throw error;
    log('warn', 'this port has no DTR and RTS: the chip is restarted by hand only');
  }
}

/** Both lines let go: a chip or supply that hangs on one of them would be held in reset from the opening on. */
export async function releaseLines(line: SwsLine): Promise<void> {
  if (!line.port.hasControlLines) return;
  await line.port.setLines({ dtr: false, rts: false }).catch((error: unknown) => {
    if (!isBenchError(error, 'NO_CONTROL_LINES')) throw error;
  });
}
