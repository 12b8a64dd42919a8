import { abortReason } from '../../src/core/abort.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { FetchEvent, Offering } from '../../src/drivers/http/firmware-server.ts';

/** What a unit has done so far with one file of an offer. */
export interface Fetching {
  /** How often it has asked for it. */
  readonly asked: number;
  /** Distinct bytes that it has acknowledged. */
  readonly bytes: number;
  readonly whole: boolean;
  /** How often it went away in the middle. */
  readonly broken: number;
  /** Why it was refused last. */
  readonly refused: string | undefined;
  /** The server is gone, and why. */
  readonly lost: string | undefined;
}

export interface UntilOptions {
  /** Longest time without any news, ms. */
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Follows what happens at one file of an offer. */
export class FetchWatch {
  readonly #unsubscribe: () => void;
  readonly #listeners = new Set<() => void>();
  #state: Fetching = { asked: 0, bytes: 0, whole: false, broken: 0, refused: undefined, lost: undefined };

  constructor(offering: Offering, file: string) {
    this.#unsubscribe = offering.subscribe((event) => {
      if (event.type === 'posted' || ('file' in event && event.file !== file)) return;
      this.#state = after(this.#state, event);
      for (const listener of [...this.#listeners]) listener();
    });
  }

  get now(): Fetching {
    return this.#state;
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** True when it holds; false when there was no news for so long. Rejects when `signal` aborts. */
  until(holds: (now: Fetching) => boolean, { silenceMs, clock, signal }: UntilOptions): Promise<boolean> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    if (holds(this.#state)) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      let stopTimer = () => {};
      const end = () => {
        stopTimer();
        stopNews();
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        end();
        reject(abortReason(signal));
      };
      const wait = () => {
        stopTimer = clock.after(silenceMs, () => {
          end();
          resolve(false);
        });
      };
      const stopNews = this.onNews(() => {
        if (holds(this.#state)) {
          end();
          resolve(true);
          return;
        }
        stopTimer();
        wait();
      });
      signal.addEventListener('abort', onAbort, { once: true });
      wait();
    });
  }

  /** Idempotent. */
  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }
}

function after(state: Fetching, event: Exclude<FetchEvent, { type: 'posted' }>): Fetching {
  switch (event.type) {
    case 'asked':
      return { ...state, asked: state.asked + 1 };
    case 'bytes':
      return { ...state, bytes: event.bytes };
    case 'whole':
      return { ...state, whole: true };
    case 'broken':
      return { ...state, broken: state.broken + 1 };
    case 'refused':
      return { ...state, refused: event.reason };
    case 'lost':
      return { ...state, lost: event.reason };
  }
}
