import type { Clock } from '../../core/clock.ts';
import type { ControlLines } from '../../drivers/serial/port.ts';

/** After EN has risen, GPIO0 counts as low if it goes low within this time, ms: the capacitor at EN, and slow links. */
const STRAP_WINDOW_MS = 40;

/**
 * The usual circuit of two transistors: RTS pulls EN low, DTR pulls GPIO0 low, both together do nothing.
 * Says when the chip goes into reset and when it comes out of it, and with which GPIO0.
 */
export class AutoReset {
  private readonly clock: Clock;
  private readonly onReset: () => void;
  private readonly onStart: (gpio0Low: boolean) => void;
  private enLow = false;
  private gpio0Low = false;
  private cancelWindow: (() => void) | undefined;

  constructor(clock: Clock, onReset: () => void, onStart: (gpio0Low: boolean) => void) {
    this.clock = clock;
    this.onReset = onReset;
    this.onStart = onStart;
  }

  set({ dtr, rts }: ControlLines): void {
    const enWasLow = this.enLow;
    this.enLow = rts && !dtr;
    this.gpio0Low = dtr && !rts;
    if (this.enLow) {
      if (enWasLow) return;
      this.stop();
      this.onReset();
    } else if (enWasLow) {
      if (this.gpio0Low) this.onStart(true);
      else this.cancelWindow = this.clock.after(STRAP_WINDOW_MS, () => this.started(false));
    } else if (this.gpio0Low && this.cancelWindow) this.started(true);
  }

  stop(): void {
    this.cancelWindow?.();
    this.cancelWindow = undefined;
  }

  private started(gpio0Low: boolean): void {
    this.stop();
    this.onStart(gpio0Low);
  }
}
