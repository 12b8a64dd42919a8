import type { Clock } from '../../src/core/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Macrotask turns in which work that waits for no clock may finish before time goes on. */
const SETTLING_TURNS = 8;

/** Time that stands still until the test moves it. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  /** What the wall clock shows at monotonic zero, ms since the epoch. */
  #epochMs: number;

  constructor(epochMs = Date.UTC(2024, 0, 1)) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#nowMs + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const onAbort = () => {
        cancel();
        reject(signal?.reason as Error);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Moves time on by `ms`; every timer on the way fires in order, with what it set off settled in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(); next != null && next.at <= end; next = this.#next()) {
      this.#fire(next);
      await settle();
    }
    this.#nowMs = end;
  }

  /** Moves time on within this very turn: every timer on the way fires in order, what it set off comes later. */
  pass(ms: number): void {
    const end = this.#nowMs + ms;
    for (let next = this.#next(); next != null && next.at <= end; next = this.#next()) this.#fire(next);
    this.#nowMs = end;
  }

  /** As when the program was stopped: time went on, and what became due meanwhile runs late. */
  stall(ms: number): void {
    this.#nowMs += ms;
    this.pass(0);
  }

  /** Moves the wall clock only, as sleep (on Linux) or a set clock does. */
  jump(ms: number): void {
    this.#epochMs += ms;
  }

  /**
   * Runs until `promise` settles, going from timer to timer as fast as the machine allows. Time stands still while
   * no timer is set (work in the thread pool, for instance). Returns or throws what the promise does.
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    settled.catch(() => {});
    for (;;) {
      await settle();
      if (isSettled) return await settled;
      const next = this.#next();
      if (next != null) this.#fire(next);
    }
  }

  /** Goes from timer to timer until `condition` holds; fails after `limitMs` of it. */
  async until(condition: () => boolean, limitMs = 600_000): Promise<void> {
    const limit = this.#nowMs + limitMs;
    await settle();
    while (!condition()) {
      const next = this.#next();
      if (next == null || next.at > limit) throw new Error('what was waited for did not come');
      this.#fire(next);
      await settle();
    }
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers)
      if (next == null || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer;
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.at);
    timer.callback();
  }
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
