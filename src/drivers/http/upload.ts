import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Unacknowledged } from './unacknowledged.ts';

/** What is handed to the system at once: small, so that what it has not taken yet is known well. */
const PIECE_BYTES = 8 * 1024;

/** The body of a request on its way. */
export class Upload {
  readonly #request: ClientRequest;
  readonly #body: Uint8Array;
  readonly #unacknowledged: Unacknowledged;
  /** The system has taken so many of the body. */
  #takenBytes = 0;
  #acknowledgedBytes = 0;

  constructor(request: ClientRequest, body: Uint8Array, unacknowledged: Unacknowledged) {
    this.#request = request;
    this.#body = body;
    this.#unacknowledged = unacknowledged;
  }

  get totalBytes(): number {
    return this.#body.length;
  }
  /** Upper bound of what the peer can have: the system has taken it, and may have sent it. */
  get takenBytes(): number {
    return this.#takenBytes;
  }
  /** The peer may have the whole body. */
  get isTaken(): boolean {
    return this.#takenBytes === this.#body.length;
  }

  /**
   * Gives the body to the system piece by piece; resolves when it has taken all. Each follows the one before at once,
   * without a turn of the loop: a write that waits for room is done right after libuv has read, so that an answer that
   * came with the end of the connection is read before a write finds that end, for which Node throws the socket away.
   */
  async run(): Promise<void> {
    for (let at = 0; at < this.#body.length && !this.#request.destroyed; at += PIECE_BYTES) {
      const piece = this.#body.subarray(at, at + PIECE_BYTES);
      const isTaken = await new Promise<boolean>((resolve) => {
        this.#request.write(piece, (error) => resolve(error == null));
      });
      if (!isTaken) return;
      this.#takenBytes += piece.length;
    }
    if (!this.#request.destroyed) this.#request.end();
  }

  /** Bytes of the body the peer's system has acknowledged; where this system does not tell, those it has taken. */
  acknowledgedBytes(socket: Socket | undefined): number {
    const queued = socket && this.#unacknowledged.of(socket);
    // Never back: what the table says was true a moment ago.
    this.#acknowledgedBytes = Math.max(this.#acknowledgedBytes, this.#takenBytes - (queued ?? 0));
    return this.#acknowledgedBytes;
  }
}
