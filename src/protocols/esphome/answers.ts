import { BenchError, isBenchError } from '../../core/errors.ts';
import type { TcpConnection } from '../../drivers/http/port.ts';
import { answerError, hexByte } from './errors.ts';

export interface ReadOptions {
  /** What is being done, for messages: `while it got the image`. */
  readonly during: string;
  /** Longest silence, ms. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Answers of an updater, byte for byte; the network may deliver several at once, or a nonce in pieces. */
export class Answers {
  readonly #connection: TcpConnection;
  #ahead: Uint8Array = new Uint8Array();

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  /** The next byte, which must be one of these. Throws what an error byte stands for, ESPHOME_BAD_ANSWER, HTTP_CLOSED. */
  async oneOf<T extends number>(expected: readonly T[], options: ReadOptions): Promise<T> {
    const [byte = 0] = await this.take(1, options);
    const error = answerError(byte, options.during);
    if (error !== undefined) throw error;
    if ((expected as readonly number[]).includes(byte)) return byte as T;
    throw new BenchError('ESPHOME_BAD_ANSWER', {
      message: `The unit answered ${hexByte(byte)} ${options.during}; ${expected.map(hexByte).join(' or ')} was expected.`,
    });
  }

  /** Exactly so many bytes, whatever they are. */
  async take(count: number, { limitMs, signal, during }: ReadOptions): Promise<Uint8Array> {
    while (this.#ahead.length < count) {
      const more = await this.#connection.read({ limitMs, signal });
      if (more.length === 0)
        throw new BenchError('HTTP_CLOSED', { message: `The unit ended the connection ${during}.` });
      const joined = new Uint8Array(this.#ahead.length + more.length);
      joined.set(this.#ahead);
      joined.set(more, this.#ahead.length);
      this.#ahead = joined;
    }
    const taken = this.#ahead.slice(0, count);
    this.#ahead = this.#ahead.slice(count);
    return taken;
  }
}

/** A unit that did not answer, or went away: no word of its own. */
export const isLostConnection = (error: unknown): error is BenchError =>
  isBenchError(error, 'HTTP_RESET', 'HTTP_CLOSED', 'HTTP_NO_ANSWER', 'HTTP_BAD_ANSWER', 'HTTP_REFUSED');
