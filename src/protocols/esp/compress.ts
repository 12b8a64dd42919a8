import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { Unzlib } from 'fflate';

const deflateAsync = promisify(deflate);

/** One zlib stream cut into blocks, and how much flash each block completes. */
export interface CompressedRegion {
  readonly stream: Uint8Array;
  /** Uncompressed bytes the device has after block n, for each n. */
  readonly inflatedAfter: readonly number[];
}

const cache = new WeakMap<Uint8Array, Map<number, Promise<CompressedRegion | undefined>>>();

/**
 * Compresses a region once for all units that get the very same array (which must not change any more). Undefined
 * where compression does not shrink it.
 */
export function compressRegion(bytes: Uint8Array, blockBytes: number): Promise<CompressedRegion | undefined> {
  const byBlockSize = cache.get(bytes) ?? new Map<number, Promise<CompressedRegion | undefined>>();
  cache.set(bytes, byBlockSize);
  const known = byBlockSize.get(blockBytes);
  if (known != null) return known;
  const compressing = compress(bytes, blockBytes);
  byBlockSize.set(blockBytes, compressing);
  return compressing;
}

async function compress(bytes: Uint8Array, blockBytes: number): Promise<CompressedRegion | undefined> {
  const stream = await deflateAsync(bytes, { level: 9 });
  if (stream.length >= bytes.length) return undefined;
  return { stream, inflatedAfter: inflatedAfterEachBlock(stream, blockBytes, bytes.length) };
}

function inflatedAfterEachBlock(stream: Uint8Array, blockBytes: number, total: number): number[] {
  let inflated = 0;
  const after: number[] = [];
  const unzlib = new Unzlib((chunk) => void (inflated += chunk.length));
  for (let at = 0; at < stream.length; at += blockBytes) {
    const isLast = at + blockBytes >= stream.length;
    unzlib.push(stream.subarray(at, at + blockBytes), isLast);
    after.push(isLast ? total : inflated);
  }
  return after;
}

/** `bytes` filled up with FF to a multiple of `multiple`; the same array when nothing is missing. */
export function padded(bytes: Uint8Array, multiple: number): Uint8Array {
  const length = Math.ceil(bytes.length / multiple) * multiple;
  if (length === bytes.length) return bytes;
  const filled = new Uint8Array(length).fill(0xff);
  filled.set(bytes);
  return filled;
}
