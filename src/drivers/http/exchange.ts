import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { abortReason } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';
import { brokenExchange, noAnswer, surroundingsOf } from './network-errors.ts';
import type { HttpAnswer, HttpRequest } from './port.ts';
import type { Unacknowledged } from './unacknowledged.ts';
import { Upload } from './upload.ts';

/** How often progress is told and silence measured, ms. */
const TICK_MS = 200;

export interface ExchangeOptions {
  readonly request: HttpRequest;
  readonly body: Uint8Array | undefined;
  readonly clock: Clock;
  readonly unacknowledged: Unacknowledged;
  /** The address is one of the practice bench: this computer's own networks say nothing of it. */
  readonly isCarried: boolean;
  readonly silenceLimitMs: number;
  readonly maxAnswerBytes: number;
}

/** One request and its answer. */
export class Exchange {
  readonly #sent: ClientRequest;
  readonly #options: ExchangeOptions;
  readonly #upload: Upload | undefined;
  readonly #pieces: Uint8Array[] = [];
  #answerBytes = 0;
  #response: IncomingMessage | undefined;
  #socket: Socket | undefined;
  /** The peer has ended its side in the orderly way. */
  #peerHasEnded = false;
  #toldBytes = 0;
  #heardBytes = 0;
  /** By requests that had this connection before. */
  #readBeforeBytes = 0;
  #lastSignMs = 0;
  #isSettled = false;
  #cancelTick = () => {};

  constructor(sent: ClientRequest, options: ExchangeOptions) {
    this.#sent = sent;
    this.#options = options;
    if (options.body) this.#upload = new Upload(sent, options.body, options.unacknowledged);
  }

  async answer(): Promise<HttpAnswer> {
    const { signal } = this.#options.request;
    let onAbort = () => {};
    try {
      return await new Promise<HttpAnswer>((resolve, reject) => {
        onAbort = () => reject(abortReason(signal as AbortSignal));
        signal?.addEventListener('abort', onAbort, { once: true });
        this.#follow(resolve, (error) => void this.#explained(error).then(resolve, reject), reject);
      });
    } finally {
      this.#isSettled = true;
      this.#cancelTick();
      signal?.removeEventListener('abort', onAbort);
      this.#letGo();
    }
  }

  #follow(
    resolve: (answer: HttpAnswer) => void,
    broken: (error: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    const sent = this.#sent;
    const onEnd = () => (this.#peerHasEnded = true);
    sent.on('error', broken);
    sent.once('close', () => this.#socket?.off('end', onEnd));
    sent.once('socket', (socket) => {
      this.#socket = socket;
      // Before node:http hears of it, which makes an error of it.
      socket.prependListener('end', onEnd);
      this.#heardBytes = this.#readBeforeBytes = socket.bytesRead;
      this.#lastSignMs = this.#options.clock.monotonicMs();
      this.#scheduleTick(reject);
    });
    sent.once('response', (response) => {
      this.#response = response;
      response.on('data', (piece: Buffer) => {
        this.#answerBytes += piece.length;
        if (this.#answerBytes > this.#options.maxAnswerBytes) return reject(this.#tooLong());
        this.#pieces.push(piece);
      });
      response.on('error', broken);
      response.once('end', () => {
        // node:http takes a connection that breaks for the end of an answer that has no length.
        if (!hasLength(response) && !this.#peerHasEnded) return broken(new Error('ECONNRESET'));
        this.#tellWhole();
        resolve(this.#answerSoFar(response));
      });
    });
    if (this.#upload) void this.#upload.run();
    else sent.end();
  }

  #scheduleTick(reject: (error: unknown) => void): void {
    this.#cancelTick = this.#options.clock.after(TICK_MS, () => {
      this.#tick().then((error) => {
        if (this.#isSettled) return;
        if (error) reject(error);
        else this.#scheduleTick(reject);
      }, reject);
    });
  }

  /** Tells progress. With an error, the peer has been silent for too long. */
  async #tick(): Promise<BenchError | undefined> {
    const { clock, silenceLimitMs, request, isCarried } = this.#options;
    const nowMs = clock.monotonicMs();
    const sentBytes = this.#upload?.acknowledgedBytes(this.#socket) ?? 0;
    const heardBytes = this.#socket?.bytesRead ?? 0;
    if (heardBytes !== this.#heardBytes || sentBytes > this.#toldBytes) this.#lastSignMs = nowMs;
    this.#heardBytes = heardBytes;
    this.#tell(sentBytes);
    if (nowMs - this.#lastSignMs < silenceLimitMs) return undefined;
    const around = isCarried ? undefined : await surroundingsOf(request.to.host);
    return noAnswer(request.to, around, { connected: true, ...this.#sentDetail() });
  }

  #tell(bytes: number): void {
    if (!this.#upload || bytes <= this.#toldBytes) return;
    this.#toldBytes = bytes;
    this.#options.request.onSent?.(bytes, this.#upload.totalBytes);
  }

  /** An answer after the last byte acknowledges all; one that came in the middle says nothing of the rest. */
  #tellWhole(): void {
    if (this.#upload?.isTaken === true) this.#tell(this.#upload.totalBytes);
  }

  #answerSoFar({ statusCode = 0, rawHeaders }: IncomingMessage): HttpAnswer {
    const headers: Record<string, string> = {};
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      headers[(rawHeaders[at] ?? '').toLowerCase()] = rawHeaders[at + 1] ?? '';
    const body = new Uint8Array(Buffer.concat(this.#pieces));
    return { status: statusCode, headers, body, text: () => new TextDecoder().decode(body) };
  }

  /**
   * The connection broke. A refusal is an answer even where its end is missing: units close at once while the upload
   * still goes, and the system then takes the connection for broken.
   */
  async #explained(cause: unknown): Promise<HttpAnswer> {
    if (isBenchError(cause)) throw cause;
    const response = this.#response;
    if (response && (response.statusCode ?? 0) >= 400) return this.#answerSoFar(response);
    throw brokenExchange(this.#options.request.to, cause, {
      answer: response && this.#answerSoFar(response),
      hasBegunToAnswer: (this.#socket?.bytesRead ?? 0) > this.#readBeforeBytes,
      peerHasEnded: this.#peerHasEnded,
      ...this.#sentDetail(),
    });
  }

  #tooLong(): BenchError {
    const { to } = this.#options.request;
    return new BenchError('HTTP_BAD_ANSWER', {
      message: `The answer of ${to.host} is longer than ${this.#options.maxAnswerBytes} bytes; the rest was not read.`,
      detail: {
        host: to.host,
        port: to.port,
        status: this.#response?.statusCode ?? 0,
        ...this.#sentDetail(),
      },
    });
  }

  /** `sentAll`: the peer may have got the whole request. */
  #sentDetail(): { readonly sentBytes: number; readonly sentAll: boolean } {
    return this.#upload
      ? { sentBytes: this.#upload.takenBytes, sentAll: this.#upload.isTaken }
      : { sentBytes: 0, sentAll: this.#sent.writableFinished };
  }

  /** Closes the connection unless it was to be kept and is in order. */
  #letGo(): void {
    const isWhole = this.#response?.complete === true && this.#sent.writableEnded;
    if (this.#options.request.keepAlive !== true || !isWhole) this.#sent.destroy();
  }
}

const hasLength = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
