import { throwIfAborted } from '../../core/abort.ts';
import { deviceText } from '../../core/text.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';
import { Capture } from './capture.ts';
import { judgeBoot } from './judge-boot.ts';
import { applyReset, HARD_RESET, HARD_RESET_USB_JTAG } from './reset.ts';
import type { BootReport, BootVerdict, BootWatchOptions } from './types.ts';

const APP_BAUD = 115_200;
/** Text kept of a boot, bytes. */
const TEXT_LIMIT = 64 * 1024;
/** A verdict must stand this long: firmware that names itself may still crash at its first radio call, ms. */
const STANDS_MS = 3_000;
/** Quiet flash boot that counts as running (design: ten seconds), ms. */
const QUIET_MS = 10_000;
/** Pause after which new text is judged, so that a flood of small chunks is not judged one by one, ms. */
const JUDGE_AFTER_MS = 50;

/** The ROM announces a start. */
const START = /rst:0x|rst cause/gi;
/** Verdicts that a further restart puts in doubt. */
const RESTART_MATTERS: ReadonlySet<BootVerdict['kind']> = new Set(['proved', 'other-firmware', 'running']);

/** How long each verdict must stand unchanged before it ends the watch; missing: until something else is heard. */
function standsMs(kind: BootVerdict['kind'], quietMs: number, hasOtherRate: boolean): number | undefined {
  switch (kind) {
    case 'boot-loop':
      return 0;
    case 'proved':
    case 'other-firmware':
    case 'invalid-image':
      return Math.min(STANDS_MS, quietMs);
    case 'garbage':
      return hasOtherRate ? Math.min(STANDS_MS, quietMs) : quietMs;
    case 'running':
      return quietMs;
    case 'download-mode':
    case 'nothing':
      return undefined;
  }
}

/**
 * Listens to one boot and judges it. What is garbage at one rate is listened to at the next: after another reset by
 * the lines, or, by hand, to a unit that restarts by itself. Leaves the port open at the last rate. Throws LINK_LOST,
 * NO_CONTROL_LINES and the signal's reason.
 */
export async function bootWatch(port: SerialPort, options: BootWatchOptions): Promise<BootReport> {
  const [first = APP_BAUD, ...further] = options.baudRates ?? [];
  const others = port.hasBaudRate ? further : [];
  let best = await watchOneBoot(port, first, options, others.length > 0);
  for (const [index, baudRate] of others.entries()) {
    const { kind } = best.verdict;
    const isWorthIt = options.resetBy === 'lines' ? weight(best.verdict) < CONCLUSIVE : kind === 'garbage';
    if (!isWorthIt) break;
    const byHand = options.resetBy === 'hands' && { limitMs: options.quietMs ?? QUIET_MS };
    const hasOtherRate = index + 1 < others.length;
    const report = await watchOneBoot(port, baudRate, { ...options, ...byHand }, hasOtherRate);
    if (weight(report.verdict) > weight(best.verdict)) best = report;
  }
  return best;
}

const CONCLUSIVE = 4;
/** How much a verdict says, to choose between boots heard at different rates. */
function weight({ kind }: BootVerdict): number {
  if (kind === 'nothing') return 0;
  if (kind === 'garbage') return 1;
  if (kind === 'running') return 2;
  return kind === 'download-mode' ? 3 : CONCLUSIVE;
}

async function watchOneBoot(
  port: SerialPort,
  baudRate: number,
  options: BootWatchOptions,
  hasOtherRate: boolean,
): Promise<BootReport> {
  const { clock, signal, expectation, resetBy, usbJtag } = options;
  throwIfAborted(signal);
  const capture = new Capture(TEXT_LIMIT);
  const quietMs = options.quietMs ?? QUIET_MS;
  if (port.hasBaudRate && port.baudRate !== baudRate) await port.setBaudRate(baudRate);
  await port.flushInput();

  return new Promise<BootReport>((resolve, reject) => {
    const unsubscribe: (() => void)[] = [];
    let verdict = judgeBoot('', expectation);
    let starts = 0;
    let cancelEnd = () => {};
    let cancelJudge: (() => void) | undefined;
    const text = () => deviceText(capture.bytes());
    const settle = (act: () => void) => {
      for (const stop of unsubscribe) stop();
      cancelEnd();
      cancelJudge?.();
      cancelLimit();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const end = () => settle(() => resolve({ verdict, text: text(), baudRate: port.baudRate }));
    const judge = () => {
      cancelJudge = undefined;
      const heard = text();
      const next = judgeBoot(heard, expectation);
      const startsNow = heard.match(START)?.length ?? 0;
      const isNews = next.kind !== verdict.kind || next.line !== verdict.line;
      const isRestarted = startsNow !== starts && RESTART_MATTERS.has(next.kind);
      starts = startsNow;
      verdict = next;
      if (isNews) options.onVerdict?.(verdict);
      if (!isNews && !isRestarted) return;
      cancelEnd();
      const ms = standsMs(verdict.kind, quietMs, hasOtherRate);
      cancelEnd = ms == null ? () => {} : clock.after(ms, end);
    };
    const onAbort = () => settle(() => reject(signal.reason as Error));
    const onLimit = () => {
      verdict = judgeBoot(text(), expectation);
      end();
    };
    const cancelLimit = options.limitMs == null ? () => {} : clock.after(options.limitMs, onLimit);
    unsubscribe.push(
      port.onData((bytes) => {
        capture.add(bytes);
        cancelJudge ??= clock.after(JUDGE_AFTER_MS, judge);
      }),
    );
    // Both may have happened while the port was being prepared.
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    unsubscribe.push(port.onLost((error) => settle(() => reject(error))));
    if (port.lostBecause != null) return;
    if (resetBy === 'lines') {
      const strategy = usbJtag === true ? HARD_RESET_USB_JTAG : HARD_RESET;
      applyReset(port, clock, strategy, signal).catch((error: Error) => settle(() => reject(error)));
    }
  });
}
