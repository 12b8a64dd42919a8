import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import type { SentBytes } from './sent-bytes.ts';
import { systemTcpTables, type TcpTables } from '../tcp-queues.ts';

/** Between two looks at what peers have acknowledged, ms. */
const LOOK_EVERY_MS = 200;
/** Between two looks while a program of this computer has not read its last pieces: at first, ms. */
const READ_SOON_MS = 10;

interface Reader {
  readonly socket: Socket;
  readonly allowedBytes: number;
  readonly resolve: () => void;
}

/**
 * How much of what was written to a connection its peer has acknowledged. On Linux this is known: the kernel says what
 * it still has to keep. Elsewhere what was handed to the kernel stands for it, all but the last byte: that one is the
 * peer's to prove, by its next request or by closing its side after ours.
 */
export class Acknowledged {
  readonly #clock: Clock;
  readonly #tables: TcpTables | undefined;
  readonly #watched = new Map<SentBytes, () => void>();
  readonly #readers = new Set<Reader>();
  #readEveryMs = READ_SOON_MS;
  /** The look that is to come. */
  #next: { readonly atMs: number; cancel(): void } | undefined;

  constructor(clock: Clock, tables: TcpTables | null = systemTcpTables() ?? null) {
    this.#clock = clock;
    this.#tables = tables ?? undefined;
  }

  /** Whether the kernel tells what is acknowledged. */
  get isMeasured(): boolean {
    return this.#tables !== undefined;
  }

  /** Calls `onMore` whenever more was acknowledged, until the function that is returned is called. */
  watch(sent: SentBytes, onMore: () => void): () => void {
    this.#watched.set(sent, onMore);
    this.#arm(LOOK_EVERY_MS);
    return () => void this.#watched.delete(sent);
  }

  /** Looks at once: the peer has just been heard. */
  soon(): void {
    this.#arm(0);
  }

  /** Resolves when a peer on this computer has not more than that unread; at the next look where that is not known. */
  async untilRead(socket: Socket, allowedBytes: number): Promise<void> {
    if (!this.#tables) return;
    await new Promise<void>((resolve) => {
      this.#readers.add({ socket, allowedBytes, resolve });
      this.#arm(this.#readEveryMs);
    });
  }

  #arm(inMs: number): void {
    const atMs = this.#clock.monotonicMs() + inMs;
    if (this.#next && this.#next.atMs <= atMs) return;
    this.#next?.cancel();
    const cancel = this.#clock.after(inMs, () => {
      this.#next = undefined;
      try {
        this.#look();
      } finally {
        // Whatever goes wrong for one of them, the others are looked at again.
        if (this.#readers.size > 0) this.#arm(this.#readEveryMs);
        else if (this.#watched.size > 0) this.#arm(LOOK_EVERY_MS);
      }
    });
    this.#next = { atMs, cancel };
  }

  #look(): void {
    const queues = this.#tables?.look();
    for (const [sent, onMore] of [...this.#watched]) if (sent.take(queues)) onMore();
    // Who stands still is looked at less and less often.
    this.#readEveryMs = Math.min(this.#readEveryMs * 2, LOOK_EVERY_MS);
    for (const reader of [...this.#readers]) {
      const unread = queues?.unreadByPeer(reader.socket) ?? 0;
      if (unread > reader.allowedBytes && !reader.socket.destroyed) continue;
      this.#readEveryMs = READ_SOON_MS;
      this.#readers.delete(reader);
      reader.resolve();
    }
  }
}
