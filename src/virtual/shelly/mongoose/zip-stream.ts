import CRC32 from 'crc-32';
import { joinBytes, u16, u32 } from '../../bytes.ts';

/** What the updater says of a package it does not take; the words are those of Mongoose OS. */
export class UpdateRefused extends Error {}

/** One file of the archive; its folder is dropped. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
}

export interface ZipSink {
  begin(entry: ZipEntry): void | Promise<void>;
  data(bytes: Uint8Array): void | Promise<void>;
  end(entry: ZipEntry): void | Promise<void>;
}

const LOCAL_HEADER = 0x0403_4b50;
const CENTRAL_HEADER = 0x0201_4b50;
const HEADER_BYTES = 30;
const NAME_LIMIT = 50;
const HAS_DESCRIPTOR = 0x08;

/**
 * A zip read as it comes, by the rules of the Mongoose OS updater: stored entries with their sizes in front, CRCs
 * checked, and all is over where the central directory begins (reference 1.4).
 */
export class ZipStream {
  /** The central directory has begun: what follows is not looked at. */
  isOver = false;
  private readonly sink: ZipSink;
  private pending: Uint8Array = new Uint8Array();
  private entry: ZipEntry | undefined;
  private leftBytes = 0;
  private crc = 0;

  constructor(sink: ZipSink) {
    this.sink = sink;
  }

  /** Throws UpdateRefused. */
  async feed(bytes: Uint8Array): Promise<void> {
    this.pending = joinBytes(this.pending, bytes);
    while (!this.isOver) {
      const went = this.entry == null ? await this.readHeader() : await this.readData(this.entry);
      if (!went) return;
    }
    this.pending = new Uint8Array();
  }

  private async readHeader(): Promise<boolean> {
    const header = this.pending;
    if (header.length < 4) return false;
    const magic = u32(header, 0);
    if (magic === CENTRAL_HEADER) {
      this.isOver = true;
      return true;
    }
    if (magic !== LOCAL_HEADER) throw new UpdateRefused('Malformed archive (invalid file header)');
    if (header.length < HEADER_BYTES) return false;
    const nameBytes = u16(header, 26);
    if (u16(header, 8) !== 0) throw new UpdateRefused('Cannot handle compressed .zip');
    if (nameBytes >= NAME_LIMIT) throw new UpdateRefused('Too long file name');
    if ((u16(header, 6) & HAS_DESCRIPTOR) !== 0) throw new UpdateRefused('Archived file size is unknown');
    const headBytes = HEADER_BYTES + nameBytes + u16(header, 28);
    if (header.length < headBytes) return false;
    const path = Buffer.from(header.subarray(HEADER_BYTES, HEADER_BYTES + nameBytes)).toString('latin1');
    const entry = {
      name: path.slice(path.lastIndexOf('/') + 1),
      bytes: u32(header, 18),
      crc32: u32(header, 14),
    };
    this.pending = header.slice(headBytes);
    this.leftBytes = entry.bytes;
    this.crc = 0;
    this.entry = entry;
    await this.sink.begin(entry);
    return true;
  }

  private async readData(entry: ZipEntry): Promise<boolean> {
    const piece = this.pending.subarray(0, this.leftBytes);
    if (piece.length > 0) {
      this.crc = CRC32.buf(piece, this.crc);
      this.leftBytes -= piece.length;
      this.pending = this.pending.slice(piece.length);
      await this.sink.data(piece);
    }
    if (this.leftBytes > 0) return false;
    if (this.crc >>> 0 !== entry.crc32) throw new UpdateRefused('Invalid CRC');
    this.entry = undefined;
    await this.sink.end(entry);
    return true;
  }
}
