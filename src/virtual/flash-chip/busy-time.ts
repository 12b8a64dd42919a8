import type { Clock } from '../../core/clock.ts';

/** Status reads that find an operation of `UNIT_MS` still running, where no time passes. */
const POLLS = 3;
const UNIT_MS = 45;

/**
 * How long a flash chip is busy with what it was told. Paced: for the time of its data sheet. Otherwise nothing passes
 * by itself: it is busy for a few status reads, or until that time has passed on the clock, whichever is first, so that
 * a client that does not ask finds its next command ignored, and one that waits long enough does not have to ask.
 */
export class BusyTime {
  private readonly clock: Clock;
  private readonly paced: boolean;
  private untilMs = -Infinity;
  private pollsLeft = 0;

  constructor(clock: Clock, paced: boolean) {
    this.clock = clock;
    this.paced = paced;
  }

  get isBusy(): boolean {
    return this.clock.monotonicMs() < this.untilMs && (this.paced || this.pollsLeft > 0);
  }

  begin(durationMs: number): void {
    this.untilMs = this.clock.monotonicMs() + durationMs;
    this.pollsLeft = Math.max(1, Math.round((POLLS * durationMs) / UNIT_MS));
  }

  /** A status read: whether it finds the chip busy. */
  poll(): boolean {
    const busy = this.isBusy;
    this.pollsLeft -= 1;
    return busy;
  }

  /** Power has been away. */
  end(): void {
    this.untilMs = -Infinity;
  }
}
