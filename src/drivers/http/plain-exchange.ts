import { connect, type Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import type { HostPort } from './port.ts';

const SILENCE_LIMIT_MS = 10_000;
const MAX_HEAD_BYTES = 8_192;

export interface PlainAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** A connection on which requests go out as they are written: what the firmware server's own tests of itself need. */
export class PlainExchange {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake = () => {};

  /** Rejects when there is no connection. */
  static async open({ host, port }: HostPort, clock: Clock, signal: AbortSignal): Promise<PlainExchange> {
    const socket = connect({ host, port, noDelay: true });
    const exchange = new PlainExchange(socket, clock);
    const onAbort = () => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
    await exchange.#until(() => !socket.connecting);
    return exchange;
  }

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('connect', () => this.#wake());
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#wake();
    });
    socket.on('error', (error) => (this.#error = error));
    for (const event of ['end', 'close'] as const)
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
  }

  /** Sends the request and reads its answer by its length. Rejects when it is cut off, silent for 10 s, or no answer. */
  async request(text: string, { hasBody = true }: { readonly hasBody?: boolean } = {}): Promise<PlainAnswer> {
    this.#socket.write(text, 'latin1');
    let end = -1;
    await this.#until(() => (end = this.#joined().indexOf('\r\n\r\n')) >= 0 || this.#bytes > MAX_HEAD_BYTES);
    const [first = '', ...lines] = this.#joined().subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const length = headers.get('content-length');
    if (end < 0 || Number.isNaN(status) || length === undefined)
      throw new Error('the answer is no HTTP, or has no length');
    const from = end + 4;
    const to = from + (hasBody ? Number(length) : 0);
    await this.#until(() => this.#bytes >= to);
    const all = this.#joined();
    this.#chunks = [all.subarray(to)];
    this.#bytes = all.length - to;
    return { status, headers, body: all.subarray(from, to) };
  }

  /** Resolves when the peer has closed its side, and nothing but what was asked for had come. */
  async untilEnd(): Promise<void> {
    await this.#until(() => this.#ended);
    if (this.#bytes > 0) throw new Error('more came than was asked for');
  }

  close(): void {
    this.#socket.destroy();
  }

  #joined(): Buffer {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#error) throw this.#error;
      if (this.#ended) throw new Error('the connection was closed');
      await new Promise<void>((resolve, reject) => {
        const cancel = this.#clock.after(SILENCE_LIMIT_MS, () => reject(new Error('no answer came')));
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
  }
}
