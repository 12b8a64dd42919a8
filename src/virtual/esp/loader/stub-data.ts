import { u32 } from '../../bytes.ts';
import type { FlashSession } from './flash-session.ts';
import { Inflater } from './inflater.ts';
import type { LoaderHost, StubVersion } from './loader.ts';
import { checksum, DATA_HEADER_BYTES, OP, type Request } from './packet.ts';
import { STUB } from './stub-codes.ts';

/** Both stubs inflate into a window of this size and program it when it is full or the stream ends. */
const WINDOW_BYTES = 32_768;

/** The data blocks of a stub: what it refuses at once, and what goes wrong only while it writes. */
export class StubData {
  /** v1: kept until the next BEGIN, told with every DATA and END. */
  lastError: number | undefined;
  private readonly host: LoaderHost;
  private readonly version: StubVersion;
  /** v2: told with the next command, whatever it is, in place of running it. */
  private keptError: number | undefined;
  private session: FlashSession | undefined;
  private inflater: Inflater | undefined;
  private readonly window = new Uint8Array(WINDOW_BYTES);
  private filled = 0;

  constructor(host: LoaderHost, version: StubVersion) {
    this.host = host;
    this.version = version;
  }

  /** `compressedBytes`: what will come over the wire at most; undefined for a plain write. */
  begin(session: FlashSession, compressedBytes: number | undefined): void {
    this.session = session;
    this.inflater = compressedBytes == null ? undefined : new Inflater(session.totalBytes);
    this.lastError = undefined;
    this.filled = 0;
  }

  takeKeptError(): number | undefined {
    const error = this.keptError;
    this.keptError = undefined;
    return error;
  }

  keepError(error: number): void {
    if (this.version === 2) this.keptError = error;
    else this.lastError = error;
  }

  /** Code with which a data packet is refused before anything is written. */
  refuses(request: Request, session: FlashSession | undefined): number | undefined {
    const { data } = request;
    const compressed = request.op === OP.FLASH_DEFL_DATA;
    if (this.version === 2 && data.length < DATA_HEADER_BYTES)
      return compressed ? STUB.BAD_LENGTH : STUB.NOT_ENOUGH_DATA;
    if (session == null) return STUB.NOT_IN_FLASH_MODE;
    const payload = data.subarray(DATA_HEADER_BYTES);
    const wrongLength = u32(data, 0) !== payload.length;
    if (this.version === 2) {
      if (wrongLength && !compressed) return STUB.TOO_MUCH_DATA;
      return wrongLength || checksum(payload) !== request.checksum ? STUB.BAD_CHECKSUM : undefined;
    }
    if (checksum(payload) !== request.checksum) return STUB.BAD_CHECKSUM;
    return wrongLength ? STUB.BAD_LENGTH : this.lastError;
  }

  /** Writes what an accepted packet brought; returns how long it takes, ms. */
  write(request: Request): number {
    const { session } = this;
    if (session == null) return 0;
    const payload = request.data.slice(DATA_HEADER_BYTES);
    if (request.op !== OP.FLASH_DEFL_DATA) return this.program(session, payload);
    return this.inflate(session, payload);
  }

  private inflate(session: FlashSession, payload: Uint8Array): number {
    const { inflater } = this;
    if (inflater == null) return this.broken(STUB.INFLATE_ERROR);
    if (session.remaining === 0 && inflater.finished) {
      // What is left of the checksum may still come; more than that does not belong here.
      return payload.length > 4 ? this.broken(STUB.TOO_MUCH_DATA) : 0;
    }
    let ms = 0;
    try {
      for (const chunk of inflater.push(payload))
        for (let at = 0; at < chunk.length;) {
          const piece = chunk.subarray(at, at + WINDOW_BYTES - this.filled);
          this.window.set(piece, this.filled);
          this.filled += piece.length;
          at += piece.length;
          if (this.filled === WINDOW_BYTES) ms += this.programWindow(session);
        }
    } catch {
      return ms + this.broken(STUB.INFLATE_ERROR);
    }
    if (inflater.finished) {
      const tooMuch = inflater.producedBytes > session.totalBytes;
      ms += this.programWindow(session);
      if (tooMuch) this.broken(STUB.TOO_MUCH_DATA);
    }
    return ms;
  }

  private programWindow(session: FlashSession): number {
    const bytes = this.window.subarray(0, this.filled);
    this.filled = 0;
    return this.program(session, bytes);
  }

  private program(session: FlashSession, bytes: Uint8Array): number {
    if (session.offset + Math.min(bytes.length, session.remaining) > this.host.chip.flash.sizeBytes)
      return this.broken(STUB.SPI_FAILED);
    return session.write(bytes) ?? 0;
  }

  private broken(error: number): number {
    this.keepError(error);
    return 0;
  }
}
