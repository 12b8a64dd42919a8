import { once } from 'node:events';
import { constants, createDeflate } from 'node:zlib';

/** A stub inflates into a window of this size and writes it to flash when it is full (both stub sources). */
export const WINDOW_BYTES = 0x8000;

/**
 * One zlib stream of which each window of the image ends at a whole byte (a sync flush, 4 bytes): up to there it
 * may be sent alone, and the device then has exactly that much.
 */
export class CompressedRegion {
  readonly stream: Uint8Array;
  /** Where in the stream window n ends; the last one ends with the stream. */
  readonly windowEnds: readonly number[];
  readonly #imageBytes: number;

  constructor(stream: Uint8Array, windowEnds: readonly number[], imageBytes: number) {
    this.stream = stream;
    this.windowEnds = windowEnds;
    this.#imageBytes = imageBytes;
  }

  /** Image bytes that this many bytes of the stream stand for: exact at the ends of windows, in proportion between. */
  imageBytesAt(streamBytes: number): number {
    const window = this.windowAt(streamBytes);
    if (window === this.windowEnds.length) return this.#imageBytes;
    const start = window === 0 ? 0 : this.windowEnds[window - 1]!;
    const share = (streamBytes - start) / (this.windowEnds[window]! - start);
    const first = window * WINDOW_BYTES;
    return first + Math.floor(share * Math.min(WINDOW_BYTES, this.#imageBytes - first));
  }

  /** Number of windows that are whole after this many bytes of the stream. */
  windowAt(streamBytes: number): number {
    let low = 0;
    let high = this.windowEnds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.windowEnds[middle]! <= streamBytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const cache = new WeakMap<Uint8Array, Promise<CompressedRegion | undefined>>();

/**
 * Compresses a region once for all units that get the very same array (which must not change any more). Undefined
 * where compression does not shrink it.
 */
export function compressRegion(bytes: Uint8Array): Promise<CompressedRegion | undefined> {
  const known = cache.get(bytes);
  if (known != null) return known;
  const compressing = compress(bytes);
  cache.set(bytes, compressing);
  return compressing;
}

async function compress(bytes: Uint8Array): Promise<CompressedRegion | undefined> {
  // With the largest memory, for blocks of deflate longer than a window: the flushes then cost no compression.
  const deflate = createDeflate({ level: 9, memLevel: 9 });
  const pieces: Uint8Array[] = [];
  const windowEnds: number[] = [];
  let length = 0;
  deflate.on('data', (piece: Uint8Array) => {
    pieces.push(piece);
    length += piece.length;
  });
  for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
    deflate.write(bytes.subarray(at, at + WINDOW_BYTES));
    if (at + WINDOW_BYTES >= bytes.length) break;
    await new Promise<void>((flushed) => deflate.flush(constants.Z_SYNC_FLUSH, flushed));
    windowEnds.push(length);
  }
  deflate.end();
  await once(deflate, 'end');
  windowEnds.push(length);
  if (length >= bytes.length) return undefined;
  return new CompressedRegion(Buffer.concat(pieces), windowEnds, bytes.length);
}

/** `bytes` filled up with FF to a multiple of `multiple`; the same array when nothing is missing. */
export function padded(bytes: Uint8Array, multiple: number): Uint8Array {
  const length = Math.ceil(bytes.length / multiple) * multiple;
  if (length === bytes.length) return bytes;
  const filled = new Uint8Array(length).fill(0xff);
  filled.set(bytes);
  return filled;
}
