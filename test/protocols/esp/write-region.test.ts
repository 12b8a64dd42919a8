import { describe, expect, it } from 'vitest';
import { compressRegion } from '../../../src/protocols/esp/compress.ts';
import { esp8266EraseSize } from '../../../src/protocols/esp/erase-size.ts';
import { blockTimeoutMs } from '../../../src/protocols/esp/timeouts.ts';
import { CompressedBlocks } from '../../../src/protocols/esp/wire-blocks.ts';
import type { Heard } from './fake-loader.ts';
import { meet, noise } from './meet.ts';

const expectEqual = (found: Uint8Array, wanted: Uint8Array) => expect(Buffer.compare(found, wanted)).toBe(0);
const word = (request: Heard, index: number) =>
  new DataView(request.data.buffer, request.data.byteOffset).getUint32(index * 4, true);
const BEGIN = 0x02;
const DATA = 0x03;
const END = 0x04;
const DEFL_BEGIN = 0x10;
const DEFL_DATA = 0x11;
const DEFL_END = 0x12;
const SYNC = 0x08;
const sequences = (heard: readonly Heard[], dataOp: number) =>
  heard.filter(({ op }) => op === dataOp).map((request) => word(request, 1));

describe('writing with the stub', () => {
  it('compresses what shrinks: exact size, blocks of 16 KiB, one barrier at the end', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const bytes = new Uint8Array(100_000).map((_, index) => index >> 4);
    const done: number[] = [];
    await run(
      loader.writeRegion({ offset: 0x1_0000, bytes }, { onProgress: (progress) => done.push(progress.done) }),
    );
    expectEqual(fake.flash.subarray(0x1_0000, 0x1_0000 + bytes.length), bytes);
    const begin = fake.heard.find((request) => request.op === DEFL_BEGIN)!;
    expect([begin.data.length, word(begin, 0), word(begin, 2), word(begin, 3)]).toEqual([
      16, 100_000, 0x4000, 0x1_0000,
    ]);
    expect(fake.count(DEFL_END)).toBe(1);
    expect(word(fake.heard.at(-1)!, 0)).toBe(1);
    expect(done[0]).toBe(0);
    expect(done.at(-1)).toBe(100_000);
  });

  it('writes raw what does not shrink, the last block short, filled up to whole words', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const bytes = noise(0x4000 + 99);
    await run(loader.writeRegion({ offset: 0x2000, bytes }));
    expect(fake.ops()).not.toContain(DEFL_BEGIN);
    expectEqual(fake.flash.subarray(0x2000, 0x2000 + bytes.length), bytes);
    const blocks = fake.heard.filter((request) => request.op === DATA);
    expect(blocks.map((request) => request.data.length)).toEqual([0x4010, 100 + 16]);
    expect(blocks[1]!.data.at(-1)).toBe(0xff);
    expect(fake.flash[0x2000 + bytes.length]).toBe(0xff);
  });

  it('takes a region that is no whole number of words', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const bytes = new Uint8Array(4097).fill(7);
    await run(loader.writeRegion({ offset: 0, bytes }));
    expect(
      word(
        fake.heard.find((request) => request.op === DEFL_BEGIN)!,
        0,
      ),
    ).toBe(4100);
    expectEqual(fake.flash.subarray(0, 4097), bytes);
  });

  it('sends a block again only because the loader rejected it', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const bytes = noise(5 * 0x4000);
    // The third block arrives damaged once: C1 00.
    fake.script = ({ op, data }, count) =>
      op === DATA && count === 2 && data[4] === 2 ? { status: [0xc1, 0] } : undefined;
    await run(loader.writeRegion({ offset: 0, bytes }));
    const sequence = fake.heard.filter((request) => request.op === DATA).map((request) => word(request, 1));
    expect(sequence).toEqual([0, 1, 2, 2, 3, 4]);
    expect(fake.count(BEGIN)).toBe(1);
    expectEqual(fake.flash.subarray(0, bytes.length), bytes);
  });

  it('starts the region again at BEGIN after a lost answer, once the same unit is found again', async () => {
    const { fake, loader, run, port } = await meet({ mode: 'stub' });
    const bytes = noise(4 * 0x4000);
    fake.script = ({ op }, count) => (op === DATA && count === 1 ? 'silence' : undefined);
    const before = port.written.length;
    await run(loader.writeRegion({ offset: 0, bytes }));
    const ops = fake.heard.slice(before).map((request) => request.op);
    const sequence = fake.heard.filter((request) => request.op === DATA).map((request) => word(request, 1));
    expect(sequence).toEqual([0, 1, 0, 1, 2, 3]);
    expect(fake.count(BEGIN)).toBe(2);
    expect(ops.filter((op) => op === SYNC).length).toBeGreaterThan(0);
    expectEqual(fake.flash.subarray(0, bytes.length), bytes);
  });

  it('gives a deferred write error to the block before, tries the region once more, then believes it', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    // The stub answers the command after the failed write with C4, and does not execute it.
    fake.script = ({ op, data }) => (op === DATA && data[4] === 3 ? { status: [0xc4, 0] } : undefined);
    await expect(
      run(loader.writeRegion({ offset: 0x1_0000, bytes: noise(6 * 0x4000) })),
    ).rejects.toMatchObject({
      code: 'FLASH_WRITE_FAILED',
      detail: { offset: 0x1_0000, block: 2 },
    });
    expect(fake.count(BEGIN)).toBe(2);
  });

  it('gives an error at the barrier to the last block', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }) => (op === END ? { status: [0xc4, 0] } : undefined);
    await expect(run(loader.writeRegion({ offset: 0, bytes: noise(3 * 0x4000) }))).rejects.toMatchObject({
      code: 'FLASH_WRITE_FAILED',
      detail: { block: 2 },
    });
  });

  it('goes on after one write failure that does not come again', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => (op === END && count === 0 ? { status: [0xc4, 0] } : undefined);
    await run(loader.writeRegion({ offset: 0, bytes: noise(0x4000) }));
    expect(fake.count(BEGIN)).toBe(2);
  });

  it('slows down when blocks arrive damaged again and again, then says the wire is bad', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    await run(loader.changeBaud([460_800]));
    fake.script = ({ op }) => (op === DATA ? { status: [0xc1, 0] } : undefined);
    await expect(run(loader.writeRegion({ offset: 0, bytes: noise(0x4000) }))).rejects.toMatchObject({
      code: 'BYTES_DAMAGED',
    });
    expect(loader.baudRate).toBe(115_200);
  });

  it('swallows the leftover error of what was cancelled before', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => (op === BEGIN && count === 0 ? { status: [0xc4, 0] } : undefined);
    await run(loader.writeRegion({ offset: 0, bytes: noise(0x4000) }));
    expect(fake.count(BEGIN)).toBe(2);
  });

  it('stops at the edge of a block when cancelled', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const controller = new AbortController();
    const writing = loader.writeRegion(
      { offset: 0, bytes: noise(6 * 0x4000) },
      {
        signal: controller.signal,
        onProgress: ({ done }) => {
          if (done === 2 * 0x4000) controller.abort();
        },
      },
    );
    await expect(run(writing)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fake.count(DATA)).toBe(2);
    // The error a stub may keep for the next command has been taken: a question came after the last block.
    expect(fake.ops().at(-1)).toBe(0x0a);
    // The loader stays usable.
    await run(loader.writeRegion({ offset: 0, bytes: noise(0x4000) }));
  });

  it('stops with the link', async () => {
    const { fake, loader, port, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => {
      if (op === DATA && count === 1) port.lose();
      return undefined;
    };
    await expect(run(loader.writeRegion({ offset: 0, bytes: noise(0x1_0000) }))).rejects.toMatchObject({
      code: 'LINK_LOST',
    });
  });

  it('never goes on with another unit', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => {
      if (op !== DATA || count !== 1) return undefined;
      fake.mode = 'rom';
      fake.setMac('24:6f:28:10:aa:04');
      return 'silence';
    };
    await expect(run(loader.writeRegion({ offset: 0, bytes: noise(0x1_0000) }))).rejects.toMatchObject({
      code: 'UNIT_SWAPPED',
      detail: { expected: '24:6f:28:10:aa:03', found: '24:6f:28:10:aa:04' },
    });
    expect(fake.count(BEGIN)).toBe(1);
  });
});

describe('writing with the ROM', () => {
  it('ESP32: compressed in blocks of 1 KiB, size rounded up, no END that would leave the loader', async () => {
    const { fake, loader, run } = await meet();
    const bytes = new Uint8Array(50_001).map((_, index) => (index * index) >> 9);
    await run(loader.writeRegion({ offset: 0x1_0000, bytes }));
    const begin = fake.heard.find((request) => request.op === DEFL_BEGIN)!;
    expect([begin.data.length, word(begin, 0) % 0x400, word(begin, 2)]).toEqual([16, 0, 0x400]);
    expect(fake.ops()).not.toContain(DEFL_END);
    expect(fake.ops()).not.toContain(END);
    expectEqual(fake.flash.subarray(0x1_0000, 0x1_0000 + bytes.length), bytes);
  });

  it('ESP8266: raw, with the erase size that its ROM wants', async () => {
    const { fake, loader, run } = await meet({ chip: 'esp8266' });
    await run(loader.writeRegion({ offset: 0, bytes: new Uint8Array(65_536).fill(1) }));
    const begin = fake.heard.find((request) => request.op === BEGIN)!;
    expect([begin.data.length, word(begin, 0), word(begin, 1)]).toEqual([16, 0x8000, 64]);
    expect(fake.ops()).not.toContain(DEFL_BEGIN);
    expect(fake.ops()).not.toContain(END);
  });

  it('ESP32: a block with a wrong checksum uses up its number, and goes out again under the next', async () => {
    const { fake, loader, run } = await meet();
    const bytes = noise(4 * 0x400);
    const used = new Set<number>();
    fake.script = ({ op, data }, count) => {
      if (op !== DATA) return undefined;
      const isDamaged = count === 1 || count === 2;
      if (used.has(data[4]!)) return { op: 0x0a, status: [1, 5] };
      used.add(data[4]!);
      return isDamaged ? { status: [1, 7] } : undefined;
    };
    await run(loader.writeRegion({ offset: 0x1_0000, bytes }, { compress: false }));
    expect(sequences(fake.heard, DATA)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(fake.count(BEGIN)).toBe(1);
    expectEqual(fake.flash.subarray(0x1_0000, 0x1_0000 + bytes.length), bytes);
  });

  it('ESP32: a block with a damaged header goes out again under its own number', async () => {
    const { fake, loader, run } = await meet();
    const bytes = noise(4 * 0x400);
    fake.script = ({ op }, count) =>
      op === DATA && count % 3 === 1 ? { op: 0x02, status: [1, 5] } : undefined;
    await run(loader.writeRegion({ offset: 0, bytes }, { compress: false }));
    expect(sequences(fake.heard, DATA)).toEqual([0, 1, 1, 2, 3, 3]);
    expect(fake.count(BEGIN)).toBe(1);
    expectEqual(fake.flash.subarray(0, bytes.length), bytes);
  });

  it('ESP32: a compressed stream that lost a block is given up at once and written raw', async () => {
    const { fake, loader, run } = await meet();
    const bytes = new Uint8Array(20_000).map((_, index) => (index * index) >> 9);
    fake.script = ({ op }, count) => (op === DEFL_DATA && count === 1 ? { status: [1, 7] } : undefined);
    await run(loader.writeRegion({ offset: 0, bytes }));
    expect([fake.count(DEFL_BEGIN), fake.count(DEFL_DATA), fake.count(BEGIN)]).toEqual([1, 2, 1]);
    expectEqual(fake.flash.subarray(0, bytes.length), bytes);
  });

  it('ESP8266: a damaged block starts the region again: nobody knows where its ROM would put the next number', async () => {
    const { fake, loader, run } = await meet({ chip: 'esp8266' });
    const bytes = noise(4 * 0x400);
    fake.script = ({ op }, count) => (op === DATA && count === 1 ? { status: [1, 7] } : undefined);
    await run(loader.writeRegion({ offset: 0, bytes }));
    expect(sequences(fake.heard, DATA)).toEqual([0, 1, 0, 1, 2, 3]);
    expectEqual(fake.flash.subarray(0, bytes.length), bytes);
  });

  it('a failed write is the fault of the very block', async () => {
    const { fake, loader, run } = await meet({ chip: 'esp8266' });
    fake.script = ({ op, data }) => (op === DATA && data[4] === 3 ? { status: [1, 8] } : undefined);
    await expect(run(loader.writeRegion({ offset: 0, bytes: noise(0x2000) }))).rejects.toMatchObject({
      code: 'FLASH_WRITE_FAILED',
      detail: { block: 3 },
    });
  });

  it('erase sizes as measured on the ESP8266 ROM formula', () => {
    // Reference section 6.
    const values: [number, number, number][] = [
      [0, 4096, 0x1000],
      [0, 65_536, 0x8000],
      [0, 487_824, 0x6_8000],
      [0x1000, 4096, 0x1000],
      [0xf000, 8192, 0x1000],
      [0, 0x10_0000, 0xf_0000],
      [0x1_0000, 300_000, 0x3_a000],
    ];
    for (const [offset, size, erase] of values) expect(esp8266EraseSize(offset, size)).toBe(erase);
  });
});

describe('limits and shared work', () => {
  it('waits by the inflated size of a block: few bytes on the wire can be much flash', async () => {
    const region = (await compressRegion(new Uint8Array(131_072)))!;
    expect(region.stream.length).toBeLessThan(400);
    expect(new CompressedBlocks(region, 0x4000).next()?.doneBytes).toBe(131_072);
    expect(blockTimeoutMs(131_072)).toBeGreaterThan(15_000);
    expect(blockTimeoutMs(0)).toBeGreaterThanOrEqual(3_000);
  });

  it('knows how much flash each block fills, never less than before', async () => {
    const bytes = noise(200_000).map((byte, index) => (index % 3 === 0 ? byte : 0));
    const blocks = new CompressedBlocks((await compressRegion(bytes))!, 0x4000);
    const done: number[] = [];
    for (let block = blocks.next(); block != null; block = blocks.next()) done.push(block.doneBytes);
    expect([...done].sort((a, b) => a - b)).toEqual(done);
    expect(done.length).toBeGreaterThan(3);
    expect(done.at(-1)).toBe(bytes.length);
  });

  it('compresses an image once for all units', () => {
    const bytes = new Uint8Array(1000);
    expect(compressRegion(bytes)).toBe(compressRegion(bytes));
  });

  it('refuses an offset inside a sector', async () => {
    const { loader } = await meet({ mode: 'stub' });
    await expect(loader.writeRegion({ offset: 0x1001, bytes: new Uint8Array(4) })).rejects.toThrow(
      RangeError,
    );
  });
});
