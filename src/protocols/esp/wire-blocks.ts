import { type CompressedRegion, padded, WINDOW_BYTES } from './compress.ts';
import { FlashPace } from './flash-pace.ts';
import { OP } from './opcodes.ts';

/** One data packet of a write. */
export interface WireBlock {
  readonly op: number;
  readonly payload: Uint8Array;
  /** Bytes of the image that are done after it. */
  readonly doneBytes: number;
}

/** The data packets of one region, in order. */
export interface WireBlocks {
  /** Undefined after the last one. */
  next(): WireBlock | undefined;
  /** How long the last block took until it was acknowledged, ms since the one before was. */
  acknowledged(ms: number): void;
}

/** The image as it is, in blocks of one size. */
export class RawBlocks implements WireBlocks {
  readonly #bytes: Uint8Array;
  readonly #blockBytes: number;
  readonly #padTo: number;
  #at: number;

  /**
   * `padTo`: a ROM wants whole blocks; a stub takes a short last one (esp-flasher-stub 1.1.0), which saves its wire
   * time.
   */
  constructor(bytes: Uint8Array, options: { blockBytes: number; padTo: number; from?: number }) {
    this.#bytes = bytes;
    this.#blockBytes = options.blockBytes;
    this.#padTo = options.padTo;
    this.#at = options.from ?? 0;
  }

  next(): WireBlock | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const piece = this.#bytes.subarray(this.#at, this.#at + this.#blockBytes);
    this.#at += piece.length;
    return { op: OP.flashData, payload: padded(piece, this.#padTo), doneBytes: this.#at };
  }

  acknowledged(): void {}
}

/** The image as one zlib stream, cut where it comes. */
export class CompressedBlocks implements WireBlocks {
  readonly #region: CompressedRegion;
  readonly #blockBytes: number;
  #at = 0;

  constructor(region: CompressedRegion, blockBytes: number) {
    this.#region = region;
    this.#blockBytes = blockBytes;
  }

  /** `upTo`: place in the stream at which the block ends if it comes so far. */
  next(upTo = this.#region.stream.length): WireBlock | undefined {
    const { stream } = this.#region;
    if (this.#at >= upTo) return undefined;
    const payload = stream.subarray(this.#at, Math.min(this.#at + this.#blockBytes, upTo));
    this.#at += payload.length;
    return { op: OP.flashDeflData, payload, doneBytes: this.#region.imageBytesAt(this.#at) };
  }

  /** Bytes of the stream that were handed out. */
  get at(): number {
    return this.#at;
  }

  acknowledged(): void {}
}

/**
 * Compressed blocks, and from the end of a window on raw ones where this unit's flash proves to be slower than the wire
 * (see FlashPace). Both stubs take FLASH_DATA after FLASH_DEFL_BEGIN: the two kinds of block share one write position
 * (handle_flash_data of v1, s_write_flash_data of v2), and a window that is whole has been handed to it. Nothing of the
 * zlib stream comes after the raw blocks, so that neither its state nor its checksum matters any more.
 */
export class AdaptiveBlocks implements WireBlocks {
  readonly #image: Uint8Array;
  readonly #region: CompressedRegion;
  readonly #blockBytes: number;
  readonly #compressed: CompressedBlocks;
  readonly #pace = new FlashPace();
  #raw: RawBlocks | undefined;
  #rawFromWindow: number | undefined;
  #sentBytes = 0;
  #windowsBefore = 0;
  #windowsInWork = 0;

  /** `image`: the whole words that were compressed. */
  constructor(image: Uint8Array, region: CompressedRegion, blockBytes: number) {
    this.#image = image;
    this.#region = region;
    this.#blockBytes = blockBytes;
    this.#compressed = new CompressedBlocks(region, blockBytes);
  }

  next(): WireBlock | undefined {
    if (this.#raw != null) return this.#raw.next();
    if (this.#rawFromWindow == null && this.#pace.isSlowerThanWire && this.#leavesFlashIdle())
      this.#rawFromWindow = this.#nextWindowEnd();
    const window = this.#rawFromWindow;
    const block = this.#compressed.next(window == null ? undefined : this.#region.windowEnds[window - 1]);
    if (block == null && window != null) {
      const from = window * WINDOW_BYTES;
      this.#raw = new RawBlocks(this.#image, { blockBytes: this.#blockBytes, padTo: 4, from });
      return this.#raw.next();
    }
    this.#sentBytes = block?.payload.length ?? 0;
    return block;
  }

  acknowledged(ms: number): void {
    if (this.#raw != null) return;
    this.#pace.acknowledged(ms, this.#sentBytes, this.#windowsInWork);
    const windows = this.#region.windowAt(this.#compressed.at);
    this.#windowsInWork = windows - this.#windowsBefore;
    this.#windowsBefore = windows;
  }

  /** Where a window is no more than one block, each block fills one: compressed is as good as raw. */
  #leavesFlashIdle(): boolean {
    const windowsLeft = this.#region.windowEnds.length - this.#windowsBefore;
    return this.#region.stream.length - this.#compressed.at > windowsLeft * this.#blockBytes;
  }

  /** The number of windows there are at the next place where the stream can be left. */
  #nextWindowEnd(): number {
    const whole = this.#region.windowAt(this.#compressed.at);
    return this.#region.windowEnds[whole - 1] === this.#compressed.at ? whole : whole + 1;
  }
}
