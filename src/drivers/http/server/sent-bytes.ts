import type { Socket } from 'node:net';
import type { TcpQueues } from '../tcp-queues.ts';

/** What was written to one connection since it began. */
export class SentBytes {
  readonly #socket: Socket;
  #handed = 0;
  #acknowledged = 0;

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
    // The row of a connection that was reset is gone.
    const waiting = queues ? queues.unacknowledged(this.#socket) : this.#socket.destroyed ? undefined : 1;
    if (waiting === undefined || this.#handed - waiting <= this.#acknowledged) return false;
    this.#acknowledged = this.#handed - waiting;
    return true;
  }
}
