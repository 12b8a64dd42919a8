import type { Clock } from '../../core/clock.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';

/** Bytes kept while nobody listens; more than any boot text, and one read of the driver. */
const MAX_UNHEARD_BYTES = 64 * 1024;
/** What a write may take beyond its time on the wire, ms. */
const WRITE_GRACE_MS = 10_000;
/** Start bit, eight data bits, stop bit. */
export const BITS_PER_BYTE = 10;

/** Longest a write of `bytes` may take at `baudRate`, ms. */
export const writeLimitMs = (bytes: number, baudRate: number): number =>
  WRITE_GRACE_MS + (bytes * BITS_PER_BYTE * 1000) / baudRate;

/**
 * What every open port shares whatever carries it: who listens, whether the link is still there, and a way to
 * wait for the carrier that ends when the link does.
 */
export class LinkState {
  readonly #link: string;
  readonly #clock: Clock;
  readonly #dataListeners = new Set<(bytes: Uint8Array) => void>();
  readonly #lostListeners = new Set<(error: Error) => void>();
  readonly #waiters = new Set<(error: Error) => void>();
  #unheard: Uint8Array[] = [];
  #unheardBytes = 0;
  #closed = false;
  #lostBecause: BenchError | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(link: string, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  get lostBecause(): BenchError | undefined {
    return this.#lostBecause;
  }
  get closed(): boolean {
    return this.#closed;
  }
  get gone(): boolean {
    return this.#closed || this.#lostBecause != null;
  }

  /** Why a call cannot be served any more. */
  goneError(): BenchError {
    return (
      this.#lostBecause ??
      new BenchError('LINK_LOST', {
        message: `${this.#link} has been closed.`,
        detail: { link: this.#link },
      })
    );
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    // Wrapped, so that one function given twice is two listeners.
    const entry = (bytes: Uint8Array) => listener(bytes);
    this.#dataListeners.add(entry);
    const unheard = this.#unheard;
    this.dropUnheard();
    for (const bytes of unheard) entry(bytes);
    return () => this.#dataListeners.delete(entry);
  }

  onLost(listener: (error: Error) => void): () => void {
    const entry = (error: Error) => listener(error);
    if (this.#lostBecause) entry(this.#lostBecause);
    else this.#lostListeners.add(entry);
    return () => this.#lostListeners.delete(entry);
  }

  /** Hands bytes on; takes over the array. */
  deliver(bytes: Uint8Array): void {
    if (this.gone || bytes.length === 0) return;
    let left = this.#dataListeners.size;
    if (left === 0) this.#keep(bytes);
    for (const listener of this.#dataListeners) listener(--left > 0 ? bytes.slice() : bytes);
  }

  #keep(bytes: Uint8Array): void {
    this.#unheard.push(bytes);
    this.#unheardBytes += bytes.length;
    while (this.#unheardBytes > MAX_UNHEARD_BYTES && this.#unheard.length > 1)
      this.#unheardBytes -= this.#unheard.shift()?.length ?? 0;
  }

  /** Drops what was kept while nobody listened. */
  dropUnheard(): void {
    this.#unheard = [];
    this.#unheardBytes = 0;
  }

  /** The link is gone without `close()`: every wait ends, every listener hears it once. */
  lose(cause: unknown): void {
    if (this.gone) return;
    this.#lostBecause = isBenchError(cause)
      ? cause
      : new BenchError('LINK_LOST', { cause, detail: { link: this.#link, cause: reasonOf(cause) } });
    this.#endWaits(this.#lostBecause);
    const listeners = [...this.#lostListeners];
    this.#lostListeners.clear();
    for (const listener of listeners) listener(this.#lostBecause);
  }

  /** Returns false when it was closed before. */
  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#endWaits(this.goneError());
    this.#dataListeners.clear();
    this.#lostListeners.clear();
    return true;
  }

  /**
   * Runs `work` and ends with it, with the loss of the link, or after `limitMs` with the error `late` makes.
   * The work's own signal, made for the work that asks for it, aborts in the last two cases. After a close node-serialport calls back no more (seen
   * with version 13), so the carrier alone is never waited for.
   */
  async within<T>(
    limitMs: number,
    late: () => Error,
    work: (signal: () => AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.gone) throw this.goneError();
    let abort: AbortController | undefined;
    let end: (error: Error) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => (end = reject));
    this.#waiters.add(end);
    const cancelLimit = this.#clock.after(limitMs, () => end(late()));
    try {
      return await Promise.race([work(() => (abort ??= new AbortController()).signal), ended]);
    } catch (error) {
      abort?.abort(error);
      throw this.gone ? this.goneError() : error;
    } finally {
      cancelLimit();
      this.#waiters.delete(end);
    }
  }

  /** Runs one piece of work after another: a rate change must not overtake the bytes before it. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work, work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  #endWaits(error: Error): void {
    for (const end of this.#waiters) end(error);
    this.#waiters.clear();
  }
}

/** The system's word for an error, e.g. `EIO`, else its text. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof Error) return (cause as NodeJS.ErrnoException).code ?? cause.message;
  return String(cause);
}
