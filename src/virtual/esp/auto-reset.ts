import type { Clock } from '../../core/clock.ts';
import type { ControlLines } from '../../drivers/serial/port.ts';

/** After EN has risen, GPIO0 counts as low if it goes low within this time, ms: the capacitor at EN. */
const STRAP_WINDOW_MS = 40;
/**
 * The same where EN rose because both lines are asserted, ms: half of a change whose other half still travels.
 * A client over a network takes 50 ms and more from one line to the other.
 */
const HALF_CHANGE_WINDOW_MS = 1000;

/**
 * The usual circuit of two transistors: RTS pulls EN low, DTR pulls GPIO0 low, both together do nothing.
 * Says when the chip goes into reset and when it comes out of it, and with which GPIO0.
 */
export class AutoReset {
  private readonly clock: Clock;
  private readonly onReset: () => void;
  private readonly onStart: (gpio0Low: boolean) => void;
  private enLow = false;
  private cancelWindow: (() => void) | undefined;

  constructor(clock: Clock, onReset: () => void, onStart: (gpio0Low: boolean) => void) {
    this.clock = clock;
    this.onReset = onReset;
    this.onStart = onStart;
  }

  set({ dtr, rts }: ControlLines): void {
    const enWasLow = this.enLow;
    this.enLow = rts && !dtr;
    if (this.enLow) {
      if (enWasLow) return;
      this.stop();
      this.onReset();
      return;
    }
    // Only a chip that came out of reset and has not read its straps yet cares.
    if (!enWasLow && this.cancelWindow == null) return;
    this.stop();
    if (dtr && !rts) this.onStart(true);
    else
      this.cancelWindow = this.clock.after(dtr ? HALF_CHANGE_WINDOW_MS : STRAP_WINDOW_MS, () => {
        this.stop();
        this.onStart(false);
      });
  }

  stop(): void {
    this.cancelWindow?.();
    this.cancelWindow = undefined;
  }
}
