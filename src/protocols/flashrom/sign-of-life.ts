import type { Clock } from '../../core/clock.ts';

/** For everything but moving bytes: starting, opening the programmer, one name of a probe. */
const START_MS = 60_000;
/** serprog over 115200 baud brings 11.5 kB/s; nothing slower is known. */
const SLOWEST_BYTES_PER_S = 8_192;
/** How much slower than it was a programmer may become. */
const SLOWER_TIMES = 4;
/** How often a silence beyond its limit is told again, ms. */
const AGAIN_MS = 5_000;

/**
 * How long flashrom may be silent. 1.3.0 says nothing while it reads and leaves its file at the end, so a read has to be
 * given its whole time; how fast this programmer is tells the reads before.
 */
export class Patience {
  #slowestBytesPerS: number | undefined;

  /** A read of so many bytes was whole after `tookMs`. */
  measured(bytes: number, tookMs: number): void {
    if (tookMs <= 0) return;
    const rate = (bytes * 1_000) / tookMs;
    this.#slowestBytesPerS = Math.min(rate, this.#slowestBytesPerS ?? rate);
  }

  /** For a run that at most moves so many bytes without a word, ms. */
  limitMs(silentBytes: number): number {
    const rate =
      this.#slowestBytesPerS === undefined ? SLOWEST_BYTES_PER_S : this.#slowestBytesPerS / SLOWER_TIMES;
    return START_MS + Math.ceil((silentBytes * 1_000) / rate);
  }
}

/** Tells when nothing was heard for `limitMs`, and then every 5 s how long it has been. */
export class SignOfLife {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilent: (silentMs: number) => void;
  #heardMs: number;
  #stopTimer = () => {};

  constructor(clock: Clock, limitMs: number, onSilent: (silentMs: number) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilent = onSilent;
    this.#heardMs = clock.monotonicMs();
    this.#wait(limitMs);
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonicMs();
  }

  stop(): void {
    this.#stopTimer();
  }

  #wait(ms: number): void {
    this.#stopTimer = this.#clock.after(ms, () => {
      const silentMs = this.#clock.monotonicMs() - this.#heardMs;
      const leftMs = this.#limitMs - silentMs;
      this.#wait(leftMs > 0 ? leftMs : AGAIN_MS);
      if (leftMs <= 0) this.#onSilent(silentMs);
    });
  }
}

/** `70 s`, `12 min`. */
export const silenceWords = (silentMs: number): string =>
  silentMs < 120_000 ? `${Math.round(silentMs / 1_000)} s` : `${Math.floor(silentMs / 60_000)} min`;
