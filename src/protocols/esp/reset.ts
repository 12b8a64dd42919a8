import type { Clock } from '../../core/clock.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';

/**
 * One level of both lines and how long it is held. An asserted line pulls its pin low: DTR is GPIO0, RTS is EN;
 * with the usual two transistors, both asserted does nothing.
 */
interface LineStep {
  readonly dtr: boolean;
  readonly rts: boolean;
  readonly holdMs: number;
}

export interface ResetStrategy {
  readonly name: string;
  readonly steps: readonly LineStep[];
}

const step = (dtr: 0 | 1, rts: 0 | 1, holdMs = 0): LineStep => ({ dtr: dtr === 1, rts: rts === 1, holdMs });

/** DTR and RTS one after the other; `holdMs` is how long GPIO0 stays low after reset. */
const classic = (name: string, holdMs: number): ResetStrategy => ({
  name,
  steps: [step(0, 0), step(0, 1, 100), step(1, 1), step(1, 0, holdMs), step(0, 0)],
});

/** Both lines in one call, so that no state lies between (Unix). */
const tight = (name: string, holdMs: number): ResetStrategy => ({
  name,
  steps: [step(0, 0), step(1, 1), step(0, 1, 100), step(1, 0, holdMs), step(0, 0)],
});

/** Tried in turn, one a contact attempt; 550 ms serves boards with a large capacitor at EN. */
export const ENTER_LOADER: readonly ResetStrategy[] = [
  tight('tight', 50),
  tight('tight, longer', 550),
  classic('classic', 50),
  classic('classic, longer', 550),
];

/** For the USB port inside S3, C3, C6 (303A:1001), which knows only edges. */
export const ENTER_LOADER_USB_JTAG: readonly ResetStrategy[] = [
  {
    name: 'USB-JTAG',
    steps: [step(0, 0, 100), step(1, 0, 100), step(1, 1), step(0, 1, 100), step(0, 0)],
  },
];

/** GPIO0 is freed first: it could still be low. */
export const HARD_RESET: ResetStrategy = {
  name: 'hard reset',
  steps: [step(0, 0), step(0, 1, 100), step(0, 0)],
};

export const HARD_RESET_USB_JTAG: ResetStrategy = {
  name: 'hard reset, USB-JTAG',
  steps: [step(0, 0, 200), step(0, 1, 200), step(0, 0, 200)],
};

/** Throws NO_CONTROL_LINES where the port has none. */
export async function applyReset(
  port: SerialPort,
  clock: Clock,
  strategy: ResetStrategy,
  signal?: AbortSignal,
): Promise<void> {
  for (const { dtr, rts, holdMs } of strategy.steps) {
    await port.setLines({ dtr, rts });
    if (holdMs > 0) await clock.sleep(holdMs, signal);
  }
}
