import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import { SentBytes } from './sent-bytes.ts';
import { lookAtTcpQueues, type TcpQueues } from './tcp-queues.ts';

/** Between two looks at what peers have acknowledged, ms. */
const LOOK_EVERY_MS = 50;
/** Between two looks while a program of this computer has not read its last piece, ms. */
const READ_EVERY_MS = 1;

/**
 * How much of what was written to a connection its peer has acknowledged. On Linux this is known: the kernel says what
 * it still has to keep. Elsewhere what was handed to the kernel stands for it, all but the last byte: that one is the
 * peer's to prove, by its next request or by closing its side after ours.
 */
export class Acknowledged {
  readonly #clock: Clock;
  readonly #look: () => TcpQueues;
  readonly #watched = new Map<SentBytes, () => void>();
  #ticking = false;

  constructor(clock: Clock, look: () => TcpQueues = lookAtTcpQueues) {
    this.#clock = clock;
    this.#look = look;
  }

  /** To be made when the connection begins. */
  of(socket: Socket): SentBytes {
    return new SentBytes(socket, this.#look());
  }

  /** Calls `onMore` whenever more was acknowledged, until the function that is returned is called. */
  watch(sent: SentBytes, onMore: () => void): () => void {
    this.#watched.set(sent, onMore);
    this.#tick();
    return () => void this.#watched.delete(sent);
  }

  /** Looks at once: the peer has just been heard. */
  look(sent: SentBytes): void {
    if (sent.take(this.#look())) this.#watched.get(sent)?.();
  }

  /** Resolves when a peer on this computer has not more than that unread; at once for a peer elsewhere. */
  async untilRead(socket: Socket, allowedBytes: number): Promise<void> {
    while (!socket.destroyed && (this.#look().unreadByPeer(socket) ?? 0) > allowedBytes)
      await this.#clock.sleep(READ_EVERY_MS);
  }

  #tick(): void {
    if (this.#ticking || this.#watched.size === 0) return;
    this.#ticking = true;
    this.#clock.after(LOOK_EVERY_MS, () => {
      this.#ticking = false;
      const queues = this.#look();
      for (const [sent, onMore] of [...this.#watched]) if (sent.take(queues)) onMore();
      this.#tick();
    });
  }
}
