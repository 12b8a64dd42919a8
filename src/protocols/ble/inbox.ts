import { abortReason } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';

/** Messages kept that nobody waits for; a peer that floods loses the oldest. */
const QUEUE_LIMIT = 256;

interface Waiter<T> {
  resolve(message: T | undefined): void;
  reject(error: Error): void;
}

/** What a peer sent, in order, for one reader at a time. */
export class Inbox<T> {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #queue: T[] = [];
  #waiter: Waiter<T> | undefined;
  #failed: Error | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  push(message: T): void {
    if (this.#waiter != null) this.#waiter.resolve(message);
    else {
      if (this.#queue.length >= QUEUE_LIMIT) this.#queue.shift();
      this.#queue.push(message);
    }
  }

  /** Nothing more will come. What has come is still read first. */
  fail(error: Error): void {
    this.#failed = error;
    this.#waiter?.reject(error);
  }

  clear(): void {
    this.#queue.length = 0;
  }

  /** The next message, or undefined after `limitMs`. Rejects when the link is lost or the signal aborts. */
  next(limitMs: number): Promise<T | undefined> {
    if (this.#waiter != null) throw new Error('two readers on one inbox');
    if (this.#signal.aborted) return Promise.reject(abortReason(this.#signal));
    const queued = this.#queue.shift();
    if (queued !== undefined) return Promise.resolve(queued);
    if (this.#failed != null) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#waiter = undefined;
        cancelTimer();
        this.#signal.removeEventListener('abort', onAbort);
        act();
      };
      const onAbort = () => settle(() => reject(abortReason(this.#signal)));
      const cancelTimer = this.#clock.after(limitMs, () => settle(() => resolve(undefined)));
      this.#signal.addEventListener('abort', onAbort, { once: true });
      this.#waiter = {
        resolve: (message) => settle(() => resolve(message)),
        reject: (error) => settle(() => reject(error)),
      };
    });
  }
}
