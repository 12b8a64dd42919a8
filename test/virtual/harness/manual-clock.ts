import type { Clock } from '../../../src/core/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A clock that stands still until a test lets it run. */
export class ManualClock implements Clock {
  private timeMs = 1000;
  private order = 0;
  private timers: Timer[] = [];

  now(): number {
    return 1_700_000_000_000 + this.timeMs;
  }

  monotonicMs(): number {
    return this.timeMs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { dueMs: this.timeMs + ms, order: this.order++, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  get pendingTimers(): number {
    return this.timers.length;
  }

  /** Lets `ms` pass, timer by timer, and whatever they set off happen. */
  async advance(ms: number): Promise<void> {
    const endMs = this.timeMs + ms;
    await settle();
    for (let next = this.next(); next && next.dueMs <= endMs; next = this.next()) {
      this.fire(next);
      await settle();
    }
    this.timeMs = endMs;
  }

  /** Lets time pass until `condition` holds; fails after `limitMs` of it. */
  async until(condition: () => boolean, limitMs = 600_000): Promise<void> {
    const limit = this.timeMs + limitMs;
    await settle();
    while (!condition()) {
      const next = this.next();
      if (next == null || next.dueMs > limit) throw new Error('what was waited for did not come');
      this.fire(next);
      await settle();
    }
  }

  private next(): Timer | undefined {
    return this.timers.toSorted((one, other) => one.dueMs - other.dueMs || one.order - other.order)[0];
  }

  private fire(timer: Timer): void {
    this.timers = this.timers.filter((each) => each !== timer);
    this.timeMs = Math.max(this.timeMs, timer.dueMs);
    timer.callback();
  }
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let count = 0; count < 4; count++) await tick();
}
