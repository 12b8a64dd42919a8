import { constants, deflateSync, inflateSync } from 'node:zlib';
import { modelledWriteMs } from '../../src/virtual/flash-chip/flash-times.ts';

const BLOCK_BYTES = 16_384;
/** A stub inflates into a window of this size and programs it when it is full. */
const WINDOW_BYTES = 32_768;

/**
 * How long a write takes at best with a stub, ms: compressed throughout, or raw throughout where a compressed write may
 * go on raw.
 */
export function stubPipelineMs(image: Uint8Array, compressed: boolean, baudRate: number): number {
  const rawMs = pipelineMs(image, false, baudRate);
  return compressed ? Math.min(rawMs, pipelineMs(image, true, baudRate)) : rawMs;
}

/**
 * A stub takes in one block while it writes the one before, and no more. Compressed blocks fill a window at uneven
 * times, so that wire and flash wait for each other in turn.
 */
function pipelineMs(image: Uint8Array, compressed: boolean, baudRate: number): number {
  let receivedMs = 0;
  let freeMs = 0;
  let waiting = 0;
  for (const block of compressed ? compressedBlocks(image) : plainBlocks(image)) {
    receivedMs = Math.max(receivedMs + (block.wireBytes * 10_000) / baudRate, freeMs);
    freeMs = receivedMs;
    waiting += block.imageBytes;
    const now = !compressed || block.isLast ? waiting : waiting - (waiting % WINDOW_BYTES);
    waiting -= now;
    freeMs += modelledWriteMs(now);
  }
  return freeMs;
}

interface Block {
  readonly wireBytes: number;
  readonly imageBytes: number;
  readonly isLast: boolean;
}

function* plainBlocks(image: Uint8Array): Generator<Block> {
  for (let at = 0; at < image.length; at += BLOCK_BYTES) {
    const bytes = Math.min(BLOCK_BYTES, image.length - at);
    yield { wireBytes: bytes, imageBytes: bytes, isLast: at + bytes === image.length };
  }
}

function* compressedBlocks(image: Uint8Array): Generator<Block> {
  const stream = deflateSync(image, { level: 9 });
  let before = 0;
  for (let end = BLOCK_BYTES; end - BLOCK_BYTES < stream.length; end += BLOCK_BYTES) {
    const isLast = end >= stream.length;
    const part = stream.subarray(0, end);
    const after = isLast ? image.length : inflateSync(part, { finishFlush: constants.Z_SYNC_FLUSH }).length;
    const wireBytes = part.length - (end - BLOCK_BYTES);
    yield { wireBytes, imageBytes: after - before, isLast };
    before = after;
  }
}
