import type { Clock } from '../../src/core/clock.ts';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #wallMs = 1_700_000_000_000;
  #monotonicMs = 0;
  #timers: { dueMs: number; callback: () => void }[] = [];

  now(): number {
    return this.#wallMs;
  }
  monotonicMs(): number {
    return this.#monotonicMs;
  }
  after(ms: number, callback: () => void): () => void {
    const timer = { dueMs: this.#monotonicMs + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason as Error);
      });
    });
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves both clocks and runs what becomes due, in order. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    const wallEndMs = this.#wallMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      const passedMs = Math.max(0, next.dueMs - this.#monotonicMs);
      this.#wallMs += passedMs;
      this.#monotonicMs += passedMs;
      next.callback();
    }
    this.#monotonicMs = endMs;
    this.#wallMs = wallEndMs;
  }

  /** Moves both clocks at once, as when the program was stopped: what is due runs late. */
  stall(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
    this.advance(0);
  }

  /** Moves the wall clock only, as sleep (on Linux) or a set clock does. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }
}
