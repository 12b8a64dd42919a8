import { constants, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressRegion, WINDOW_BYTES } from '../../../src/protocols/esp/compress.ts';
import { FlashPace } from '../../../src/protocols/esp/flash-pace.ts';
import { OP } from '../../../src/protocols/esp/opcodes.ts';
import { AdaptiveBlocks, type WireBlock } from '../../../src/protocols/esp/wire-blocks.ts';
import { noise } from './meet.ts';

const BLOCK_BYTES = 0x4000;
const WIRE_MS = 178;
/** 62 % of it does not compress: a window is more than one block. */
const image = noise(20 * WINDOW_BYTES + 4_000).map((byte, index) => (index % 160 < 100 ? byte : 0));

describe('a compressed region', () => {
  it('can be cut at the end of each window: the device then has exactly that much', async () => {
    const { stream, windowEnds } = (await compressRegion(image))!;
    expect(windowEnds).toHaveLength(21);
    for (const [index, end] of windowEnds.entries()) {
      const part = inflateSync(stream.subarray(0, end), { finishFlush: constants.Z_SYNC_FLUSH });
      expect(part.length).toBe(Math.min((index + 1) * WINDOW_BYTES, image.length));
    }
  });

  it('says how much of the image a part of the stream stands for', async () => {
    const region = (await compressRegion(image))!;
    expect(region.imageBytesAt(0)).toBe(0);
    expect(region.imageBytesAt(region.windowEnds[4]!)).toBe(5 * WINDOW_BYTES);
    const between = region.imageBytesAt((region.windowEnds[4]! + region.windowEnds[5]!) >> 1);
    expect(between).toBeGreaterThan(5.4 * WINDOW_BYTES);
    expect(between).toBeLessThan(5.6 * WINDOW_BYTES);
    expect(region.imageBytesAt(region.stream.length)).toBe(image.length);
  });
});

describe('the pace of a flash', () => {
  const pace = (...windowsMs: number[]) => {
    const flash = new FlashPace();
    flash.acknowledged(WIRE_MS, BLOCK_BYTES, 0);
    for (const ms of windowsMs) flash.acknowledged(ms, BLOCK_BYTES, 1);
    return flash.isSlowerThanWire;
  };

  it('is told by three windows that each took longer than on the wire', () => {
    expect(pace()).toBe(false);
    expect(pace(450, 450)).toBe(false);
    expect(pace(450, 450, 450)).toBe(true);
  });

  it('is not told by a hiccup of the host', () => {
    expect(pace(450, 2_000, 200)).toBe(false);
    expect(pace(200, 200, 5_000, 200)).toBe(false);
  });

  it('is measured against the link as it is, not as its rate has it', () => {
    const flash = new FlashPace();
    // A network that takes three times as long as the wire makes windows look slow too.
    flash.acknowledged(WIRE_MS * 3, BLOCK_BYTES, 0);
    for (let count = 0; count < 5; count++) flash.acknowledged(WIRE_MS * 3, BLOCK_BYTES, 1);
    expect(flash.isSlowerThanWire).toBe(false);
  });
});

/** What a stub makes of the blocks: compressed data goes to flash in whole windows, raw data at once. */
function written(blocks: readonly WireBlock[]): Uint8Array {
  const stream = Buffer.concat(
    blocks.filter(({ op }) => op === OP.flashDeflData).map(({ payload }) => payload),
  );
  const inflated = inflateSync(stream, { finishFlush: constants.Z_SYNC_FLUSH });
  const raw = blocks.filter(({ op }) => op === OP.flashData).map(({ payload }) => payload);
  const whole = raw.length === 0 ? inflated.length : inflated.length - (inflated.length % WINDOW_BYTES);
  return Buffer.concat([inflated.subarray(0, whole), ...raw]);
}

/** All blocks for a unit that writes a window in `windowMs`. */
async function send(bytes: Uint8Array, windowMs: number): Promise<WireBlock[]> {
  const region = (await compressRegion(bytes))!;
  const source = new AdaptiveBlocks(bytes, region, BLOCK_BYTES);
  const blocks: WireBlock[] = [];
  let streamBytes = 0;
  let workMs = 0;
  for (let block = source.next(); block != null; block = source.next()) {
    blocks.push(block);
    source.acknowledged(Math.max((WIRE_MS * block.payload.length) / BLOCK_BYTES, workMs));
    if (block.op !== OP.flashDeflData) continue;
    const before = region.windowAt(streamBytes);
    streamBytes += block.payload.length;
    workMs = (region.windowAt(streamBytes) - before) * windowMs;
  }
  return blocks;
}

describe('blocks that follow the pace of the flash', () => {
  it('go on raw from the end of a window where the flash is slower than the wire', async () => {
    const blocks = await send(image, 450);
    const ops = blocks.map(({ op }) => op);
    const firstRaw = ops.indexOf(OP.flashData);
    expect(firstRaw).toBeGreaterThan(3);
    expect(firstRaw).toBeLessThan(8);
    expect(ops.lastIndexOf(OP.flashDeflData)).toBe(firstRaw - 1);
    expect(blocks[firstRaw - 1]!.doneBytes % WINDOW_BYTES).toBe(0);
    expect(Math.max(...blocks.map(({ payload }) => payload.length))).toBe(BLOCK_BYTES);
    expect(blocks.at(-1)!.doneBytes).toBe(image.length);
    expect(Buffer.compare(written(blocks), image)).toBe(0);
  });

  it('stay compressed where the flash keeps up with the wire', async () => {
    const blocks = await send(image, 280);
    expect(blocks.every(({ op }) => op === OP.flashDeflData)).toBe(true);
    expect(Buffer.compare(written(blocks), image)).toBe(0);
  });

  it('stay compressed where each block fills a window anyway', async () => {
    const redundant = noise(20 * WINDOW_BYTES).map((byte, index) => (index % 160 < 60 ? byte : 0));
    const blocks = await send(redundant, 450);
    expect(blocks.every(({ op }) => op === OP.flashDeflData)).toBe(true);
    expect(Buffer.compare(written(blocks), redundant)).toBe(0);
  });
});
