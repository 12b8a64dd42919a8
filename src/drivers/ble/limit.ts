import type { Clock } from '../../core/clock.ts';

/** A time limit that stands still while something is waited for that is not the fault of what it limits. */
export class Limit {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #leftMs: number;
  #sinceMs = 0;
  #cancel: (() => void) | undefined;

  /** Runs from now on. */
  constructor(clock: Clock, limitMs: number, onEnd: () => void) {
    this.#clock = clock;
    this.#leftMs = limitMs;
    this.#onEnd = onEnd;
    this.goOn();
  }

  pause(): void {
    if (this.#cancel == null) return;
    this.end();
    this.#leftMs -= this.#clock.monotonicMs() - this.#sinceMs;
  }

  goOn(): void {
    if (this.#cancel != null) return;
    this.#sinceMs = this.#clock.monotonicMs();
    this.#cancel = this.#clock.after(Math.max(0, this.#leftMs), this.#onEnd);
  }

  /** Will not be reached any more. Idempotent. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
