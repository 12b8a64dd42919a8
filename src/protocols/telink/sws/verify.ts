import { BenchError } from '../../../core/errors.ts';
import { throwIfAborted } from './errors.ts';
import type { FullFlash } from './full-flash.ts';
import { sectorsOf, totalBytes } from './pages.ts';
import type { FlashRegion, VerifyOptions, VerifyReport } from './types.ts';

/** At the start of a region: magic, size and version of an image. */
const HEADER_BYTES = 32;
/** Of every page; each costs some 3 ms. */
const SAMPLE_BYTES = 4;
/** Of a whole comparison in one piece. */
const PIECE_BYTES = 256;
/** Times a difference is read before it counts: a read may be wrong as well. */
const COMPARE_TRIES = 3;

/** Compares flash with what was written: header and samples of every page, or all of it. Throws SWS_VERIFY_MISMATCH. */
export async function verifyRegions(
  flash: FullFlash,
  regions: readonly FlashRegion[],
  { whole = false, signal, onProgress, label = 'comparing flash' }: VerifyOptions,
): Promise<VerifyReport> {
  const pieces = regions.flatMap((region) => (whole ? everything(region) : samples(region)));
  const total = totalBytes(pieces);
  let bytesCompared = 0;
  for (const piece of pieces) {
    throwIfAborted(signal);
    await compare(flash, piece);
    bytesCompared += piece.bytes.length;
    onProgress?.({ label, done: bytesCompared, total, unit: 'bytes' });
  }
  return { kind: whole ? 'whole' : 'samples', bytesCompared };
}

async function compare(flash: FullFlash, { offset, bytes }: FlashRegion): Promise<void> {
  for (let tries = 1; ; tries++) {
    const found = await flash.read(offset, bytes.length);
    const at = found.findIndex((byte, index) => byte !== bytes[index]);
    if (at < 0) return;
    if (tries >= COMPARE_TRIES)
      throw new BenchError('SWS_VERIFY_MISMATCH', {
        detail: { offset: offset + at, written: bytes[at]!, found: found[at]! },
      });
  }
}

function everything({ offset, bytes }: FlashRegion): FlashRegion[] {
  const pieces: FlashRegion[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    pieces.push({ offset: offset + at, bytes: bytes.subarray(at, at + PIECE_BYTES) });
  return pieces;
}

function samples(region: FlashRegion): FlashRegion[] {
  const header = { offset: region.offset, bytes: region.bytes.subarray(0, HEADER_BYTES) };
  const pages = sectorsOf(region).flatMap(({ pages }) => pages);
  return [header, ...pages.map(sampleOf)];
}

/** Where a page holds something; a place that is FF there is FF in erased flash too. */
function sampleOf({ offset, bytes }: FlashRegion): FlashRegion {
  const lastStart = Math.max(0, bytes.length - SAMPLE_BYTES);
  // Another place in each page, so that no column of the image goes unseen; the same in each run.
  const wanted = ((offset >>> 8) * 97) % (lastStart + 1);
  const held = bytes.findIndex((byte, index) => index >= wanted && byte !== 0xff);
  const start = Math.min(held < 0 ? wanted : held, lastStart);
  return { offset: offset + start, bytes: bytes.subarray(start, start + SAMPLE_BYTES) };
}
