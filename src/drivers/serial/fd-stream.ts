import type { EventEmitter } from 'node:events';
import { readSync, writeSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';

/** One read takes what the kernel has; its tty buffer is 4 KiB, pseudo terminals and some drivers hold more. */
const READ_BYTES = 64 * 1024;
const READABLE = 1;
const WRITABLE = 2;

/** What node-serialport's ports on Linux and macOS have beside its interface: the descriptor, opened non-blocking. */
export interface PolledFd {
  readonly fd: number;
  readonly poller: EventEmitter & { poll(events: number): void };
}

export const isPolledFd = (port: object): port is PolledFd =>
  typeof (port as Partial<PolledFd>).fd === 'number' &&
  typeof (port as Partial<PolledFd>).poller?.poll === 'function';

/**
 * Reads and writes a non-blocking tty where node-serialport's own read will not do: on an unplugged CDC-ACM
 * adapter read(2) gives 0 for ever, and node-serialport (13.0) then reads again and again at full CPU load and
 * never says that the adapter is gone. It also keeps reads and writes out of libuv's pool of four threads.
 */
export class FdStream {
  readonly #port: PolledFd;
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #onGone: (error: Error) => void;
  readonly #scratch = new Uint8Array(READ_BYTES);
  readonly #clock: Clock;
  #writable: ((error: Error | null) => void) | undefined;
  #stopped = false;
  #cancelRest: (() => void) | undefined;

  constructor(
    port: PolledFd,
    clock: Clock,
    onBytes: (bytes: Uint8Array) => void,
    onGone: (error: Error) => void,
  ) {
    this.#port = port;
    this.#clock = clock;
    this.#onBytes = onBytes;
    this.#onGone = onGone;
    port.poller.on('readable', (error: Error | null) => this.#fromPoller(() => this.#readable(error)));
    port.poller.on('writable', (error: Error | null) => this.#fromPoller(() => this.#writable?.(error)));
    this.#watch();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRest?.();
  }

  /** Leaves what comes in the kernel for `ms`. */
  rest(ms: number): void {
    if (this.#cancelRest != null || this.#stopped) return;
    this.#cancelRest = this.#clock.after(ms, () => {
      this.#cancelRest = undefined;
      this.#watch();
    });
  }

  /** Resolves when the kernel has taken every byte; stops at the next pause when `signal` aborts. */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#stopped || signal.aborted) return;
      const written = this.#tryWrite(bytes, offset);
      offset += written;
      if (offset < bytes.length) await this.#untilWritable(signal);
    }
  }

  #tryWrite(bytes: Uint8Array, offset: number): number {
    try {
      return writeSync(this.#port.fd, bytes, offset, bytes.length - offset);
    } catch (error) {
      if (isTransient(error)) return 0;
      throw error;
    }
  }

  #untilWritable(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null) => {
        this.#writable = undefined;
        signal.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve();
      };
      const onAbort = () => settle(null);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#writable = settle;
      this.#watch();
    });
  }

  #readable(error: Error | null): void {
    if (this.#stopped) return;
    if (error) return this.#gone(error);
    // It was being watched for when the rest began.
    if (this.#cancelRest != null) return;
    let count: number;
    try {
      count = readSync(this.#port.fd, this.#scratch, 0, READ_BYTES, null);
    } catch (readError) {
      if (!isTransient(readError)) this.#gone(readError as Error);
      return;
    }
    if (count === 0)
      return this.#gone(new Error('the port gives reads of no bytes, as an unplugged adapter does'));
    this.#onBytes(this.#scratch.slice(0, count));
  }

  #gone(error: Error): void {
    this.stop();
    this.#onGone(error);
  }

  /** The poller forgets what it watches for with each new order, so every order names all. */
  #watch(): void {
    const events = (this.#cancelRest ? 0 : READABLE) | (this.#writable ? WRITABLE : 0);
    if (!this.#stopped && events !== 0) this.#port.poller.poll(events);
  }

  /** An exception out of here would end the process in native code; it is thrown again where Node reports it. */
  #fromPoller(work: () => void): void {
    try {
      work();
      this.#watch();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

const isTransient = (error: unknown): boolean =>
  ['EAGAIN', 'EWOULDBLOCK', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '');
