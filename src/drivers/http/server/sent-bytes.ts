import type { Socket } from 'node:net';
import type { TcpQueues } from './tcp-queues.ts';

/** What was written to one connection since it began. */
export class SentBytes {
  /** Whether the kernel tells what is acknowledged. */
  readonly isMeasured: boolean;
  readonly #socket: Socket;
  #handed = 0;
  #acknowledged = 0;

  constructor(socket: Socket, queues: TcpQueues) {
    this.#socket = socket;
    this.isMeasured = queues.unacknowledged(socket) !== undefined;
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

  /** True when more is known to be acknowledged than before. */
  take(queues: TcpQueues): boolean {
    const waiting = this.isMeasured
      ? queues.unacknowledged(this.#socket)
      : this.#socket.destroyed
        ? undefined
        : 1;
    // The row of a connection that was reset is gone.
    if (waiting === undefined) return false;
    const acknowledged = this.#handed - waiting;
    if (acknowledged <= this.#acknowledged) return false;
    this.#acknowledged = acknowledged;
    return true;
  }
}
