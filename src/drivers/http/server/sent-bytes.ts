import type { Socket } from 'node:net';
import type { TcpQueues } from '../tcp-queues.ts';

/** Looks in a row in which the kernel does not know a connection any more. A row may be missed while others change. */
const MISSES_OF_A_LOST_ONE = 5;

/** What was written to one connection since it began. */
export class SentBytes {
  readonly #socket: Socket;
  #handed = 0;
  #acknowledged = 0;
  #misses = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** In the hands of the kernel. */
  get handed(): number {
    return this.#handed;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get allAcknowledged(): boolean {
    return this.#acknowledged === this.#handed;
  }

  /** Resolves when the kernel has the bytes; rejects when the connection is gone. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve())),
    );
    this.#handed += bytes.length;
  }

  /** The peer has proved that it has everything. */
  proved(): void {
    this.#acknowledged = this.#handed;
  }

  /**
   * True when more is known to be acknowledged than before, by what the kernel says now; where it says nothing
   * (undefined) all but the last byte counts that was handed to it.
   */
  take(queues: TcpQueues | undefined): boolean {
    const waiting = queues ? queues.unacknowledged(this.#socket) : this.#socket.destroyed ? undefined : 1;
    this.#forget(waiting === undefined);
    if (waiting === undefined || this.#handed - waiting <= this.#acknowledged) return false;
    this.#acknowledged = this.#handed - waiting;
    return true;
  }

  /**
   * A connection that was reset is gone from the kernel's table. Node itself is not told where the peer had closed its
   * side before: it reads no more there.
   */
  #forget(isMissed: boolean): void {
    this.#misses = isMissed ? this.#misses + 1 : 0;
    if (this.#misses >= MISSES_OF_A_LOST_ONE) this.#socket.destroy();
  }
}
