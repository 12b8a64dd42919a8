import { createHash } from 'node:crypto';
import { joinBytes } from '../../bytes.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import { headerIn, SocketReader } from '../socket-reader.ts';
import { MOST_IMAGE_BYTES, STAGE_OFFSET } from './layout.ts';

/** Size of a range: ours; sources only say that it asks by ranges. */
const RANGE_BYTES = 4096;
const MOST_HEAD_BYTES = 2048;
const LIMIT_MS = 10_000;
const WRONG_HOST = 'dl.itead.cn';
const RESULT_PATH = '/api/device/otaFlash';

/** Error numbers of `ota_flash` (protocol 1.4, section 7). */
export const OTA_ERROR = {
  none: 0,
  locked: 403,
  timeout: 408,
  tooLarge: 413,
  unreachable: 424,
  wrongHash: 471,
} as const;

/** Results that it posts to the server (code/tcp_server.py of itead's tool). */
export const OTA_RESULT = { done: 0, downloadFailed: 404, checkFailed: 409 } as const;

interface Answer {
  readonly head: string;
  readonly body: Uint8Array;
}

export interface DownloadOptions {
  readonly plug: RunningPlug;
  readonly url: URL;
  /** It names a server of its maker instead of ours in `Host`. */
  readonly hasWrongHost: boolean;
  readonly signal: AbortSignal;
}

/**
 * Fetches an image by ranges over one kept connection and puts it where it is staged; a server must answer each with
 * 206, Content-Range and Content-Length.
 */
export class ImageDownload {
  totalBytes = 0;
  private readonly options: DownloadOptions;
  private readonly hash = createHash('sha256');
  private reader: SocketReader | undefined;
  private collected = 0;

  constructor(options: DownloadOptions) {
    this.options = options;
  }

  /** The first range: shows whether the server will do. An error of `ota_flash`, 0 when all is well. */
  async begin(): Promise<number> {
    try {
      const answer = await this.range();
      if (answer == null) return OTA_ERROR.timeout;
      const total = contentRangeTotal(answer);
      if (total == null) return OTA_ERROR.unreachable;
      if (total > MOST_IMAGE_BYTES) return OTA_ERROR.tooLarge;
      this.totalBytes = total;
      await this.stage(answer.body);
      return OTA_ERROR.none;
    } catch (error) {
      this.options.signal.throwIfAborted();
      this.options.plug.log(`cannot download: ${error instanceof Error ? error.message : String(error)}`);
      return OTA_ERROR.unreachable;
    }
  }

  /** The rest; false when it broke off. `untilBytes`: ends there, as if it had. */
  async finish(untilBytes = Number.POSITIVE_INFINITY): Promise<boolean> {
    try {
      while (this.collected < this.totalBytes) {
        if (this.collected >= untilBytes) return false;
        const answer = await this.range();
        if (answer == null || contentRangeTotal(answer) !== this.totalBytes) return false;
        await this.stage(answer.body);
      }
      return true;
    } catch {
      this.options.signal.throwIfAborted();
      return false;
    }
  }

  /** Of all that was downloaded, as lower-case hex. */
  sha256(): string {
    return this.hash.digest('hex');
  }

  /** Tells the server how it ended; whether it hears it or not. */
  async post(error: number): Promise<void> {
    const body = JSON.stringify({ error });
    try {
      await this.exchange(
        `POST ${RESULT_PATH} HTTP/1.1\r\nHost: ${this.hostHeader()}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    } catch {
      this.options.signal.throwIfAborted();
    }
  }

  close(): void {
    this.reader?.close();
  }

  private async stage(bytes: Uint8Array): Promise<void> {
    await this.options.plug.write(STAGE_OFFSET + this.collected, bytes);
    this.hash.update(bytes);
    this.collected += bytes.length;
  }

  /** Undefined when nothing came in time. */
  private range(): Promise<Answer | undefined> {
    const { url } = this.options;
    return this.exchange(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${this.hostHeader()}\r\n` +
        `Range: bytes=${this.collected}-${this.collected + RANGE_BYTES - 1}\r\n\r\n`,
    );
  }

  private async exchange(request: string): Promise<Answer | undefined> {
    const { plug, signal } = this.options;
    if (this.reader == null || this.reader.isOver) await this.connect();
    this.reader!.write(request);
    const head = await this.reader!.head(MOST_HEAD_BYTES, LIMIT_MS);
    signal.throwIfAborted();
    if (head == null) {
      if (!this.reader!.isOver) return undefined;
      throw new Error('the server ended the connection');
    }
    const pieces: Uint8Array[] = [];
    for (let left = Number(headerIn(head, 'content-length') ?? 0); left > 0;) {
      const piece = await this.reader!.read(left, LIMIT_MS);
      signal.throwIfAborted();
      if (piece == null) return undefined;
      if (piece.length === 0) throw new Error('the server ended the connection');
      pieces.push(piece);
      left -= piece.length;
    }
    if (headerIn(head, 'connection')?.toLowerCase() === 'close') {
      this.reader!.close();
      this.reader = undefined;
    }
    await plug.wait(1, signal);
    return { head, body: joinBytes(...pieces) };
  }

  private async connect(): Promise<void> {
    const { plug, url, signal } = this.options;
    const socket = await plug.wifi.connect(url.hostname, Number(url.port === '' ? 80 : url.port));
    signal.throwIfAborted();
    socket.on('error', () => {});
    this.reader = new SocketReader(socket, plug.clock, signal);
  }

  private hostHeader(): string {
    return this.options.hasWrongHost ? WRONG_HOST : this.options.url.host;
  }
}

/** Undefined where the answer is not one to a range. */
function contentRangeTotal({ head, body }: Answer): number | undefined {
  if (!/^HTTP\/1\.[01] 206/.test(head) || body.length === 0) return undefined;
  const total = /bytes \d+-\d+\/(\d+)/.exec(headerIn(head, 'content-range') ?? '')?.[1];
  return total == null ? undefined : Number(total);
}
