import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../core/clock.ts';

/**
 * Reads of one socket in pieces, with a limit to each, as a small device does it. Once `signal` is aborted everything
 * that is waited for ends as if nothing had come; the socket is left alone, as by a device that lost its power.
 */
export class SocketReader {
  private readonly stream: Socket | Duplex;
  private readonly clock: Clock;
  private readonly signal: AbortSignal;
  private pending = Buffer.alloc(0);
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(stream: Socket | Duplex, clock: Clock, signal: AbortSignal) {
    this.stream = stream;
    this.clock = clock;
    this.signal = signal;
    const end = () => {
      this.ended = true;
      this.wake?.();
    };
    stream.on('data', (bytes: Buffer) => {
      this.pending = Buffer.concat([this.pending, bytes]);
      this.wake?.();
    });
    for (const event of ['end', 'close', 'error']) stream.on(event, end);
  }

  /** The other side has ended, or the connection broke, and all was read. */
  get isOver(): boolean {
    return this.ended && this.pending.length === 0;
  }

  /** The next bytes, at most `mostBytes`; an empty array once it is over, undefined when nothing came in time. */
  async read(mostBytes: number, limitMs: number): Promise<Uint8Array | undefined> {
    if (this.pending.length === 0 && !this.ended) await this.moreOrLimit(limitMs);
    if (this.pending.length === 0) return this.ended ? new Uint8Array() : undefined;
    const piece = this.pending.subarray(0, mostBytes);
    this.pending = this.pending.subarray(piece.length);
    return new Uint8Array(piece);
  }

  /**
   * A head up to and with its empty line, as Latin-1; undefined when it did not come whole in time or is longer than
   * `mostBytes`.
   */
  async head(mostBytes: number, limitMs: number): Promise<string | undefined> {
    for (;;) {
      const end = this.pending.indexOf('\r\n\r\n');
      if (end >= 0 && end + 4 <= mostBytes) {
        const head = this.pending.toString('latin1', 0, end + 4);
        this.pending = this.pending.subarray(end + 4);
        return head;
      }
      if (this.ended || this.pending.length >= mostBytes) return undefined;
      if (!(await this.moreOrLimit(limitMs))) return undefined;
    }
  }

  write(text: string): void {
    this.stream.write(text);
  }

  close(): void {
    this.stream.destroy();
  }

  /** False when the limit came first. */
  private moreOrLimit(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.signal.aborted) return resolve(false);
      const settle = (came: boolean) => {
        this.wake = undefined;
        cancel();
        this.signal.removeEventListener('abort', onAbort);
        resolve(came);
      };
      const onAbort = () => settle(false);
      const cancel = this.clock.after(limitMs, () => settle(false));
      this.signal.addEventListener('abort', onAbort, { once: true });
      this.wake = () => settle(true);
    });
  }
}

/** Value of a header in a head; names in any case. */
export function headerIn(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
