import { createHash } from 'node:crypto';
import { u32 } from '../../bytes.ts';
import type { LoaderHost, StubVersion } from './loader.ts';

export interface ReadRequest {
  readonly offset: number;
  readonly length: number;
  readonly packetBytes: number;
  /** As the host asked: v2 takes one packet whatever it says, v1 compares it with bytes, not packets. */
  readonly inFlight: number;
}

/** READ_FLASH: raw frames of flash content, each acknowledged with a raw frame of 4 bytes, then the MD5 of it all. */
export class ReadStream {
  private readonly host: LoaderHost;
  private readonly version: StubVersion;
  private readonly request: ReadRequest;
  private readonly digest = createHash('md5');
  private sentBytes = 0;
  private sentPackets = 0;
  private ackedBytes = 0;
  private ackedPackets = 0;

  constructor(host: LoaderHost, version: StubVersion, request: ReadRequest) {
    this.host = host;
    this.version = version;
    this.request = request;
  }

  /** True when it is over already: nothing was asked for. */
  start(atMs: number): boolean {
    return this.go(atMs);
  }

  /** One frame of the host; true when the stream is over. */
  acknowledged(frame: Uint8Array, atMs: number): boolean {
    // A frame of another length ends the stream; the digest of what was sent comes all the same.
    if (frame.length !== 4) return this.finish(atMs);
    this.ackedBytes = u32(frame, 0);
    this.ackedPackets++;
    if (this.version === 1 && this.ackedBytes > this.sentBytes) return this.finish(atMs);
    return this.go(atMs);
  }

  private go(atMs: number): boolean {
    const { offset, length, packetBytes } = this.request;
    while (this.sentBytes < length && this.mayMore()) {
      const piece = this.host.chip.flash.read(
        offset + this.sentBytes,
        Math.min(packetBytes, length - this.sentBytes),
      );
      this.digest.update(piece);
      this.sentBytes += piece.length;
      this.sentPackets++;
      this.host.send(piece, atMs);
    }
    if (this.sentBytes >= length && this.ackedBytes >= length) return this.finish(atMs);
    return false;
  }

  private mayMore(): boolean {
    if (this.version === 2) return this.sentPackets - this.ackedPackets < 1;
    return this.sentBytes - this.ackedBytes < this.request.inFlight;
  }

  private finish(atMs: number): true {
    this.host.send(new Uint8Array(this.digest.digest()), atMs);
    this.host.wasRead(this.request.offset, this.sentBytes);
    return true;
  }
}
