/** What becomes of one file of a form while it comes in. */
export interface FileSink {
  start(fileName: string): Promise<void>;
  /** Blocks of `BLOCK_BYTES`, the last one shorter; `before` bytes of the file came earlier. */
  block(bytes: Uint8Array, before: number): Promise<void>;
  end(totalBytes: number): Promise<void>;
}

/** Buffer of the ESP8266 web server for uploads. */
const BLOCK_BYTES = 2048;
const HEADERS_LIMIT_BYTES = 4096;

/**
 * Reads a multipart/form-data body; each part that has a file name goes to `sink`, others are passed over. False where
 * the body is no such form. Rejects as `body` does when the connection breaks.
 */
export async function readFiles(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  sink: FileSink,
): Promise<boolean> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary == null) return false;
  const delimiter = `\r\n--${boundary}`;
  // The first delimiter has no line end before it.
  const rest = new Pending(body, Buffer.from('\r\n'));
  if (!(await rest.skipTo(delimiter))) return false;
  for (;;) {
    if ((await rest.take(2)) === '--') return true;
    const headers = await rest.takeTo('\r\n\r\n', HEADERS_LIMIT_BYTES);
    if (headers == null) return false;
    const fileName = /filename="([^"]*)"/i.exec(headers)?.[1];
    if (fileName == null) {
      if (!(await rest.skipTo(delimiter))) return false;
      continue;
    }
    await sink.start(fileName);
    const file = new Blocks(sink);
    if (!(await rest.skipTo(delimiter, (bytes) => file.add(bytes)))) throw new Error('the form ends early');
    await file.end();
  }
}

/** Cuts what comes into blocks. */
class Blocks {
  private readonly sink: FileSink;
  private block = Buffer.alloc(0);
  private totalBytes = 0;

  constructor(sink: FileSink) {
    this.sink = sink;
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.block = Buffer.concat([this.block, bytes]);
    for (; this.block.length >= BLOCK_BYTES; this.block = this.block.subarray(BLOCK_BYTES))
      await this.give(this.block.subarray(0, BLOCK_BYTES));
  }

  async end(): Promise<void> {
    if (this.block.length > 0) await this.give(this.block);
    await this.sink.end(this.totalBytes);
  }

  private async give(bytes: Uint8Array): Promise<void> {
    await this.sink.block(bytes, this.totalBytes);
    this.totalBytes += bytes.length;
  }
}

/** Bytes of a stream that were not used up yet. */
class Pending {
  private readonly source: AsyncIterator<Uint8Array>;
  private bytes: Buffer;

  constructor(body: AsyncIterable<Uint8Array>, first: Buffer) {
    this.source = body[Symbol.asyncIterator]();
    this.bytes = first;
  }

  /** Everything up to `mark` goes to `onBytes`; the mark is used up. False when the stream ends before it. */
  async skipTo(mark: string, onBytes?: (bytes: Uint8Array) => Promise<void>): Promise<boolean> {
    for (;;) {
      const found = this.bytes.indexOf(mark, 0, 'latin1');
      const safe = found >= 0 ? found : Math.max(0, this.bytes.length - mark.length + 1);
      if (safe > 0) await onBytes?.(this.bytes.subarray(0, safe));
      this.bytes = this.bytes.subarray(found >= 0 ? found + mark.length : safe);
      if (found >= 0) return true;
      if (!(await this.more())) return false;
    }
  }

  async takeTo(mark: string, limitBytes: number): Promise<string | undefined> {
    for (;;) {
      const found = this.bytes.indexOf(mark, 0, 'latin1');
      if (found >= 0) {
        const text = this.bytes.toString('latin1', 0, found);
        this.bytes = this.bytes.subarray(found + mark.length);
        return text;
      }
      if (this.bytes.length > limitBytes || !(await this.more())) return undefined;
    }
  }

  async take(length: number): Promise<string> {
    while (this.bytes.length < length && (await this.more()));
    const text = this.bytes.toString('latin1', 0, length);
    this.bytes = this.bytes.subarray(length);
    return text;
  }

  private async more(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done === true) return false;
    this.bytes = Buffer.concat([this.bytes, next.value]);
    return true;
  }
}
