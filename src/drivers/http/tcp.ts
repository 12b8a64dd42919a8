import { once } from 'node:events';
import type { Socket } from 'node:net';
import { abortReason } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import type { BenchError } from '../../core/errors.ts';
import { brokenExchange, noAnswer } from './network-errors.ts';
import type { HostPort, TcpConnection } from './port.ts';

/** Polite end of the connection; a peer that does not read holds it up, ms. */
const CLOSE_LIMIT_MS = 2000;

/** Any of them may change what `read` finds. */
const EVENTS_OF_READING = ['readable', 'end', 'close'];

type Limits = Parameters<TcpConnection['read']>[0];

/** A raw connection over a socket that stands. Reading is on demand: what is not asked for, the peer keeps. */
export class RawConnection implements TcpConnection {
  readonly #socket: Socket;
  readonly #to: HostPort;
  readonly #clock: Clock;
  #brokenBy: Error | undefined;
  #sentBytes = 0;

  constructor(socket: Socket, to: HostPort, clock: Clock) {
    this.#socket = socket;
    this.#to = to;
    this.#clock = clock;
    socket.on('error', (error) => (this.#brokenBy = error));
  }

  async read(limits: Limits): Promise<Uint8Array> {
    const socket = this.#socket;
    for (;;) {
      const bytes = socket.read() as Buffer | null;
      if (bytes !== null) return new Uint8Array(bytes);
      if (socket.readableEnded) return new Uint8Array();
      if (socket.destroyed) throw this.#broken();
      await this.#within(limits, (signal) =>
        Promise.race(EVENTS_OF_READING.map((event) => once(socket, event, { signal }))).catch(
          (error: unknown) => {
            throw this.#broken(error);
          },
        ),
      );
    }
  }

  async write(bytes: Uint8Array, limits: Limits): Promise<void> {
    if (!this.#socket.writable) throw this.#broken();
    await this.#within(
      limits,
      () =>
        new Promise<void>((resolve, reject) => {
          this.#socket.write(bytes, (error) => (error ? reject(this.#broken(error)) : resolve()));
        }),
    );
    this.#sentBytes += bytes.length;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const closed = once(socket, 'close');
    const cancelLimit = this.#clock.after(CLOSE_LIMIT_MS, () => socket.destroy());
    socket.end(() => socket.destroy());
    await closed.catch(() => undefined);
    cancelLimit();
  }

  /** Waits no longer than the limit and the signal allow; what ends the waiting closes nothing. */
  async #within<T>({ limitMs, signal }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ended = new AbortController();
    let onAbort = () => {};
    let cancelLimit = () => {};
    const cut = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(abortReason(signal as AbortSignal));
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      cancelLimit = this.#clock.after(limitMs, () =>
        reject(noAnswer(this.#to, undefined, { connected: true, sentBytes: this.#sentBytes })),
      );
    });
    try {
      return await Promise.race([cut, work(ended.signal)]);
    } finally {
      cancelLimit();
      signal?.removeEventListener('abort', onAbort);
      ended.abort();
    }
  }

  #broken(cause: unknown = this.#brokenBy): BenchError {
    return brokenExchange(this.#to, cause ?? new Error('closed'), {
      answer: undefined,
      hasBegunToAnswer: false,
      peerHasEnded: this.#brokenBy === undefined,
      sentBytes: this.#sentBytes,
      sentAll: false,
    });
  }
}
