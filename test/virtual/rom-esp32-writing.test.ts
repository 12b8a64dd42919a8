import { deflateSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  concat,
  dataRequest,
  hexOf,
  le,
  RawUnit,
  request,
  slip,
  SYNC,
  unslip,
} from './harness/wire-bench.ts';

// Every frame here is what ROM `Jul 29 2019` of an ESP32 was seen to answer, running in an emulator.
const READ_MAGIC = request(0x0a, le(0x4000_1000));
const SET_4_MIB = request(0x0b, le(0, 0x40_0000, 0x1_0000, 0x1000, 0x100, 0xffff));
const AT = 0x30_0000;

/** Bytes that neither repeat nor compress. */
function noise(length: number, seed: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < length; at += 32)
    pieces.push(new Uint8Array(createHash('sha256').update(`${seed} ${at}`).digest()));
  return concat(...pieces).subarray(0, length);
}
const BLOCKS = [0, 1, 2, 3].map((seed) => noise(1024, seed));
const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

async function inLoader(): Promise<RawUnit> {
  const unit = await RawUnit.open('virtual:lamp');
  await unit.intoRom();
  await unit.reply(READ_MAGIC);
  return unit;
}
async function readyToWrite(): Promise<RawUnit> {
  const unit = await inLoader();
  await unit.reply(request(0x0d, le(0, 0)));
  await unit.reply(SET_4_MIB);
  return unit;
}
/** The whole one reply, hex. */
const answer = async (unit: RawUnit, packet: Uint8Array): Promise<string> => hexOf(await unit.reply(packet));
/** First two status bytes of a reply without a body. */
const status = async (unit: RawUnit, packet: Uint8Array): Promise<string> =>
  (await answer(unit, packet)).slice(16, 20);
const damaged = (op: number, payload: Uint8Array, sequence: number): Uint8Array => {
  const packet = dataRequest(op, payload, sequence);
  packet[4]! ^= 1;
  return packet;
};
const md5At = async (unit: RawUnit, offset: number, length: number): Promise<string> =>
  Buffer.from((await unit.reply(request(0x13, le(offset, length, 0, 0)))).subarray(8, 40)).toString();

describe('ESP32 ROM, numbers of data packets', () => {
  it('uses up the number of a packet with a wrong checksum; the data lands right under the next', async () => {
    const unit = await readyToWrite();
    expect(await answer(unit, request(0x02, le(8192, 8, 1024, AT)))).toBe('01020400831df00000000000');
    expect(await answer(unit, dataRequest(0x03, BLOCKS[0]!, 0))).toBe('01030400831df00000000000');
    expect(await answer(unit, damaged(0x03, BLOCKS[1]!, 1))).toBe('01030400831df00001070000');
    expect(await answer(unit, dataRequest(0x03, BLOCKS[1]!, 1))).toBe('01030400831df00001050000');
    // No failure: the reason is left over.
    expect(await answer(unit, dataRequest(0x03, BLOCKS[1]!, 2))).toBe('01030400831df00000050000');
    expect(await answer(unit, dataRequest(0x03, BLOCKS[2]!, 9))).toBe('01030400831df00001050000');
    expect(await answer(unit, dataRequest(0x03, BLOCKS[2]!.subarray(0, 100), 3))).toBe(
      '01030400831df00000050000',
    );
    const written = concat(BLOCKS[0]!, BLOCKS[1]!, BLOCKS[2]!.subarray(0, 100));
    expect(await md5At(unit, AT, written.length)).toBe(md5Of(written));
  });

  it('refuses a repeated packet, and one that claims more than a block, without using up a number', async () => {
    const unit = await readyToWrite();
    await unit.reply(request(0x02, le(4096, 4, 1024, AT)));
    expect(await status(unit, dataRequest(0x03, BLOCKS[0]!, 0))).toBe('0000');
    expect(await status(unit, dataRequest(0x03, BLOCKS[0]!, 0))).toBe('0105');
    expect(await status(unit, dataRequest(0x03, noise(2048, 9), 1))).toBe('0105');
    expect(await status(unit, dataRequest(0x03, BLOCKS[1]!, 1))).toBe('0005');
  });

  it('does the same for RAM', async () => {
    const unit = await inLoader();
    const pieces = BLOCKS.map((block) => block.subarray(0, 64));
    expect(await answer(unit, request(0x05, le(192, 3, 64, 0x4009_0000)))).toBe('01050400831df00000000000');
    expect(await status(unit, dataRequest(0x07, pieces[0]!, 0))).toBe('0000');
    expect(await status(unit, damaged(0x07, pieces[1]!, 1))).toBe('0107');
    expect(await status(unit, dataRequest(0x07, pieces[1]!, 1))).toBe('0105');
    expect(await status(unit, dataRequest(0x07, pieces[1]!, 2))).toBe('0005');
    const word = await unit.reply(request(0x0a, le(0x4009_0040)));
    expect(hexOf(word.subarray(4, 8))).toBe(hexOf(pieces[1]!.subarray(0, 4)));
  });

  it('refuses data before a BEGIN', async () => {
    const unit = await inLoader();
    for (const op of [0x03, 0x11, 0x07])
      expect(await status(unit, dataRequest(op, BLOCKS[0]!, 0))).toBe('0105');
  });
});

describe('ESP32 ROM, compressed writing', () => {
  const content = concat(noise(5000, 5), new Uint8Array(6000).fill(0x61));
  const stream = new Uint8Array(deflateSync(content));
  const cut = (bytes: Uint8Array): Uint8Array[] =>
    Array.from({ length: Math.ceil(bytes.length / 1024) }, (_, at) =>
      bytes.subarray(at * 1024, at * 1024 + 1024),
    );
  const begin = (count: number) => request(0x10, le(content.length, count, 1024, AT));

  it('ends the stream with the last number, stays in the loader at END', async () => {
    const unit = await readyToWrite();
    const pieces = cut(stream);
    await unit.reply(begin(pieces.length));
    for (const [at, piece] of pieces.entries())
      expect(await status(unit, dataRequest(0x11, piece, at))).toBe('0000');
    expect(await md5At(unit, AT, content.length)).toBe(md5Of(content));
    expect(await status(unit, request(0x12, le(1)))).toBe('0000');
    expect((await answer(unit, READ_MAGIC)).slice(0, 20)).toBe('010a0400831df0000000');
    expect(await status(unit, request(0x12, le(0)))).toBe('0000');
    expect((await answer(unit, READ_MAGIC)).slice(0, 20)).toBe('010a0400831df0000000');
  });

  it('tells of a wrong Adler-32 with 01 0C on the last block', async () => {
    const unit = await readyToWrite();
    const wrong = stream.slice();
    wrong[wrong.length - 1]! ^= 1;
    const pieces = cut(wrong);
    await unit.reply(begin(pieces.length));
    const heard: string[] = [];
    for (const [at, piece] of pieces.entries()) heard.push(await status(unit, dataRequest(0x11, piece, at)));
    expect(heard).toEqual([...Array<string>(pieces.length - 1).fill('0000'), '010c']);
  });

  it('fails at the end of the stream when a damaged block in it made the numbers move on', async () => {
    const unit = await readyToWrite();
    const pieces = cut(stream);
    await unit.reply(begin(pieces.length));
    expect(await status(unit, dataRequest(0x11, pieces[0]!, 0))).toBe('0000');
    expect(await status(unit, damaged(0x11, pieces[1]!, 1))).toBe('0107');
    const heard: string[] = [];
    for (let at = 1; at < pieces.length; at++)
      heard.push(await status(unit, dataRequest(0x11, pieces[at]!, at + 1)));
    expect(heard).toEqual([...Array<string>(pieces.length - 2).fill('0007'), '010c']);
  });

  it('loses the tail without a word when the last block itself was damaged, or more blocks were announced', async () => {
    const pieces = cut(stream);
    const unit = await readyToWrite();
    await unit.reply(begin(pieces.length));
    const last = pieces.length - 1;
    for (let at = 0; at < last; at++) await unit.reply(dataRequest(0x11, pieces[at]!, at));
    expect(await status(unit, damaged(0x11, pieces[last]!, last))).toBe('0107');
    expect(await status(unit, dataRequest(0x11, pieces[last]!, last + 1))).toBe('0007');
    expect(await md5At(unit, AT, content.length)).not.toBe(md5Of(content));
    await unit.reply(begin(pieces.length + 8));
    for (const [at, piece] of pieces.entries())
      expect(await status(unit, dataRequest(0x11, piece, at))).toBe('0000');
    expect(await md5At(unit, AT, content.length)).not.toBe(md5Of(content));
  });
});

describe('ESP32 ROM, what it refuses', () => {
  it('knows 2 MiB of flash until it is told the size', async () => {
    const unit = await inLoader();
    await unit.reply(request(0x0d, le(0, 0)));
    const refused = await answer(unit, request(0x13, le(AT, 4096, 0, 0)));
    expect(refused).toBe(`01132400831df000${'00'.repeat(32)}01090000`);
    expect(await status(unit, request(0x02, le(4096, 4, 1024, AT)))).toBe('0106');
    await unit.reply(SET_4_MIB);
    expect(await md5At(unit, AT, 4096)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('keeps the length of a body that failed, with what was there before', async () => {
    const unit = await readyToWrite();
    const digest = Buffer.from(await md5At(unit, AT, 4096)).toString('hex');
    const stale = `0000${digest.slice(4)}`;
    // The third and fourth status byte are left over as well.
    expect(await answer(unit, request(0x0d, le(0, 0)))).toBe(`010d0400831df000${stale.slice(0, 8)}`);
    const md5 = await answer(unit, request(0x13, le(0x3f_f000, 0x2000, 0, 0)));
    expect(md5).toBe(`01132400831df000${stale}01090000`);
    const body = `${stale}01090000${'00'.repeat(28)}`;
    expect(await answer(unit, request(0x0e, le(0, 65)))).toBe(`010e4400831df000${body}010a0000`);
    expect(await answer(unit, request(0x0e, le(0x40_0000, 64)))).toBe(`010e4400831df000${body}01090000`);
    expect(await answer(unit, request(0x0e, le(0x3f_ffe0, 64)))).toBe(`010e4400831df000${body}01090000`);
  });

  it('takes BEGIN only once attached, on a sector, inside the flash, with four words and small blocks', async () => {
    const unit = await inLoader();
    expect(await status(unit, request(0x02, le(4096, 4, 1024, 0x1000)))).toBe('0106');
    await unit.reply(request(0x0d, le(0, 0)));
    await unit.reply(SET_4_MIB);
    expect(await answer(unit, request(0x02, le(4096, 4, 1024, AT, 0)))).toBe('01020400831df00001050000');
    expect(await answer(unit, request(0x02, le(4096, 4, 1024, AT + 16)))).toBe('01020400831df00001060000');
    expect(await answer(unit, request(0x02, le(0x4000, 1, 0x4000, AT)))).toBe('01020400831df00001050000');
    expect(await status(unit, request(0x02, le(0x4000, 2, 0x2000, AT)))).toBe('0105');
    expect(await answer(unit, request(0x02, le(0x4000, 4, 0x1000, AT)))).toBe('01020400831df00000050000');
    expect(await answer(unit, request(0x02, le(4096, 4, 1024, 0x40_0000)))).toBe('01020400831df00001060000');
  });

  it('tells of programming over flash that was not erased with 01 08', async () => {
    const unit = await readyToWrite();
    await unit.reply(request(0x02, le(8192, 8, 1024, AT)));
    for (let at = 0; at < 8; at++) await unit.reply(dataRequest(0x03, BLOCKS[at % 4]!, at));
    await unit.reply(request(0x02, le(4096, 8, 1024, AT)));
    for (let at = 0; at < 4; at++)
      expect(await status(unit, dataRequest(0x03, BLOCKS[at]!, at))).toBe('0000');
    expect(await status(unit, dataRequest(0x03, BLOCKS[3]!, 4))).toBe('0108');
  });

  it('leaves the loader at FLASH_END, with 01 06 when not all has come', async () => {
    for (const [blocks, due] of [
      [4, '0000'],
      [1, '0106'],
    ] as const) {
      const unit = await readyToWrite();
      await unit.reply(request(0x02, le(4096, 4, 1024, AT)));
      for (let at = 0; at < blocks; at++) await unit.reply(dataRequest(0x03, BLOCKS[at]!, at));
      const [first] = await unit.ask(request(0x04, le(1)));
      expect(hexOf(first!.subarray(8, 10))).toBe(due);
      expect(unslip(await unit.send(SYNC))).toHaveLength(0);
    }
  });
});

describe('ESP32 ROM, what it lets pass', () => {
  const MAGIC = '010a0400831df00000000000';

  it('ignores the size of the header and extra delimiters, and refuses another direction', async () => {
    const unit = await inLoader();
    const oversize = READ_MAGIC.slice();
    oversize[2] = 8;
    expect(await answer(unit, oversize)).toBe(MAGIC);
    expect(unslip(await unit.send(concat(Uint8Array.of(0xc0), slip(READ_MAGIC)))).map(hexOf)).toEqual([
      MAGIC,
    ]);
    const backwards = READ_MAGIC.slice();
    backwards[0] = 1;
    expect(await answer(unit, backwards)).toBe('010a0400831df00001050000');
  });

  it('runs a packet that is too short with what the one before has left', async () => {
    const unit = await inLoader();
    expect(await answer(unit, Uint8Array.of(0x00, 0x0a))).toBe(MAGIC);
  });

  it('answers SYNC with any payload', async () => {
    const unit = await inLoader();
    const other = await unit.ask(request(0x08, new Uint8Array(36).fill(0x55)));
    expect(other.map(hexOf)).toEqual(Array(8).fill('010804005555555500000000'));
    expect((await unit.ask(request(0x08))).map(hexOf)).toEqual(other.map(hexOf));
  });
});
