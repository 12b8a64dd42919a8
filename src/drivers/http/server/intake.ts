import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import { endOfHead, parseRequestHead, type RequestHead } from './request-head.ts';

const MAX_HEAD_BYTES = 8_192;
/** Of a POST; the result that a Sonoff sends has some 20. */
const MAX_BODY_BYTES = 4_096;
/** What a client may send ahead while it is being answered. */
const MAX_AHEAD_BYTES = 16_384;

export type Received =
  | { readonly kind: 'request'; readonly request: RequestHead; readonly body: Buffer }
  /** It closed its side, or the connection broke. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'bad'; readonly status: 400 | 408 | 413 };

/**
 * Requests of one connection. It reads all the time, whatever goes out meanwhile, and throws away what is too much:
 * a connection that is closed with something unread is reset by the kernel, and what the peer has not got yet is lost.
 */
export class Intake {
  readonly #clock: Clock;
  #bytes: Buffer = Buffer.alloc(0);
  #overflown = false;
  #wake: (() => void) | undefined;
  /** Bytes have come since the last request was taken. */
  hasAhead = false;
  /** The peer has closed its side, or the connection is gone. */
  hasEnded = false;
  /** Told at each of its bytes and at its end. */
  onHeard = () => {};

  constructor(socket: Socket, clock: Clock) {
    this.#clock = clock;
    socket.on('data', (chunk: Buffer) => {
      if (this.#overflown) return;
      this.hasAhead = true;
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      if (this.#bytes.length > MAX_AHEAD_BYTES) {
        this.#overflown = true;
        this.#bytes = Buffer.alloc(0);
      }
      this.#hear();
    });
    for (const event of ['end', 'close'] as const)
      socket.on(event, () => {
        this.hasEnded = true;
        this.#hear();
      });
  }

  #hear(): void {
    this.#wake?.();
    this.onHeard();
  }

  /** The next request, when it is complete within `limitMs`. */
  async next(limitMs: number): Promise<Received> {
    const until = this.#clock.monotonicMs() + limitMs;
    for (;;) {
      const received = this.#take();
      if (received) return received;
      const leftMs = until - this.#clock.monotonicMs();
      if (leftMs <= 0) return this.#bytes.length > 0 ? { kind: 'bad', status: 408 } : { kind: 'gone' };
      await this.#more(leftMs);
    }
  }

  #take(): Received | undefined {
    if (this.#overflown) return { kind: 'bad', status: 413 };
    // Line ends before a request are allowed (RFC 9112, 2.2).
    const start = this.#bytes.findIndex((byte) => byte !== 0x0d && byte !== 0x0a);
    const bytes = start < 0 ? this.#bytes.subarray(this.#bytes.length) : this.#bytes.subarray(start);
    const end = endOfHead(bytes);
    if (end < 0) {
      if (bytes.length > MAX_HEAD_BYTES) return { kind: 'bad', status: 413 };
      return this.hasEnded ? { kind: 'gone' } : undefined;
    }
    const request = parseRequestHead(bytes.subarray(0, end));
    if (!request || request.headers.has('transfer-encoding')) return { kind: 'bad', status: 400 };
    const length = request.headers.get('content-length') ?? '0';
    if (!/^\d{1,9}$/.test(length)) return { kind: 'bad', status: 400 };
    if (Number(length) > MAX_BODY_BYTES) return { kind: 'bad', status: 413 };
    const whole = end + Number(length);
    if (bytes.length < whole) return this.hasEnded ? { kind: 'gone' } : undefined;
    this.#bytes = bytes.subarray(whole);
    this.hasAhead = this.#bytes.length > 0;
    return { kind: 'request', request, body: bytes.subarray(end, whole) };
  }

  /** Resolves at more bytes, at the end, or when the time is over. */
  async #more(limitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(limitMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
