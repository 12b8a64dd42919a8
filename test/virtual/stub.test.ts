import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  concat,
  dataRequest,
  fromHex,
  hexOf,
  le,
  RawUnit,
  request,
  slip,
  SYNC,
  unslip,
} from './harness/wire-bench.ts';

const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const status = async (unit: RawUnit, packet: Uint8Array) => hexOf((await unit.reply(packet)).subarray(8));

describe.each(['lamp', 'plug-esp8266'] as const)('stub v2 on %s', (device) => {
  const stub = async (query = '') => {
    const unit = await RawUnit.open(`virtual:${device}${query}`);
    await unit.intoStub(2);
    return unit;
  };

  it('answers SYNC eight times with value 0 and two status bytes', async () => {
    const unit = await stub();
    expect(unslip(await unit.send(SYNC)).map(hexOf)).toEqual(Array(8).fill('01080200000000000000'));
  });

  it('writes plain blocks, drops their padding and hashes in 16 raw bytes', async () => {
    const unit = await stub();
    const content = pattern(20_000);
    expect(await unit.stubWrite(0x100000, content)).toEqual(['0000', '0000', '0000', '0000']);
    const reply = await unit.reply(request(0x13, le(0x100000, content.length, 0, 0)));
    expect(reply).toHaveLength(8 + 16 + 2);
    expect(hexOf(reply.subarray(8, 24))).toBe(md5(content));
  });

  it('writes compressed blocks', async () => {
    const unit = await stub();
    const content = pattern(150_001);
    const packed = new Uint8Array(deflateSync(content, { level: 9 }));
    const blocks = Math.ceil(packed.length / 0x100);
    expect(await status(unit, request(0x10, le(content.length, blocks, 0x100, 0x10000, 0)))).toBe('0000');
    for (let block = 0; block < blocks; block++)
      expect(
        await status(unit, dataRequest(0x11, packed.subarray(block * 0x100, (block + 1) * 0x100), block)),
      ).toBe('0000');
    expect(await status(unit, request(0x12, le(1)))).toBe('0000');
    expect(await unit.md5(0x10000, content.length)).toBe(md5(content));
  });

  it('tells of a broken zlib stream with the next command, once, in place of running it', async () => {
    const unit = await stub();
    await unit.reply(request(0x10, le(1000, 1, 0x4000, 0x10000, 0)));
    expect(await status(unit, dataRequest(0x11, fromHex('78da ffffffffffffffff'), 0))).toBe('0000');
    expect(await status(unit, request(0x0a, le(0x40001000)))).toBe('c700');
    expect(await status(unit, request(0x0a, le(0x40001000)))).toBe('0000');
  });

  it('does not take a stream whose checksum is wrong', async () => {
    const unit = await stub();
    const packed = new Uint8Array(deflateSync(pattern(1000)));
    packed[packed.length - 1]! ^= 1;
    await unit.reply(request(0x10, le(1000, 1, 0x4000, 0x10000, 0)));
    await unit.reply(dataRequest(0x11, packed, 0));
    expect(await status(unit, request(0x12, le(1)))).toBe('c000');
  });

  it('refuses what does not fit', async () => {
    const unit = await stub();
    // DATA outside BEGIN, an unknown op, a wrong length of a command, a direction that is none.
    expect(await status(unit, dataRequest(0x03, Uint8Array.of(1), 0))).toBe('c600');
    expect(await status(unit, request(0x77))).toBe('c300');
    expect(await status(unit, request(0x0a, le(1, 2)))).toBe('c000');
    expect(await status(unit, fromHex('01 0a 04 00 00 00 00 00 00 10 00 40'))).toBe('c300');
    await unit.reply(request(0x02, le(100, 1, 0x4000, 0x10000, 0)));
    // A wrong checksum, a length that is not what came, an END with bytes missing.
    expect(await status(unit, request(0x03, concat(le(1, 0, 0, 0), Uint8Array.of(1)), 0))).toBe('c100');
    expect(await status(unit, request(0x03, concat(le(9, 0, 0, 0), Uint8Array.of(1)), 0xee))).toBe('c900');
    expect(await status(unit, request(0x04, le(1)))).toBe('c000');
  });

  it('erases regions on sector borders only, and the whole chip', async () => {
    const unit = await stub();
    const blank = new Uint8Array(0x2000).fill(0xff);
    expect(await status(unit, request(0xd1, le(0x1001, 0x1000)))).toBe('c000');
    expect(await status(unit, request(0xd1, le(0x1000, 0x2000)))).toBe('0000');
    expect(await unit.md5(0x1000, 0x2000)).toBe(md5(blank));
    expect(await status(unit, request(0xd0))).toBe('0000');
    expect(await unit.md5(0, 0x2000)).toBe(md5(blank));
  });

  it('streams flash one packet at a time, each acknowledged, and then its digest', async () => {
    const unit = await stub();
    const content = pattern(10_000);
    await unit.stubWrite(0x20000, content);
    const [ok, ...first] = await unit.ask(request(0xd2, le(0x20000, content.length, 0x1000, 64)));
    expect(hexOf(ok!)).toBe('01d20200000000000000');
    expect(first).toHaveLength(1);
    const read = [...first];
    let bytes = 0x1000;
    while (bytes < content.length) {
      const frames = unslip(await unit.send(slip(le(bytes))));
      expect(frames).toHaveLength(1);
      read.push(frames[0]!);
      bytes += frames[0]!.length;
    }
    expect(read.map((frame) => frame.length)).toEqual([4096, 4096, 1808]);
    const [digest] = unslip(await unit.send(slip(le(bytes))));
    expect(hexOf(digest!)).toBe(md5(content));
    expect(md5(concat(...read))).toBe(md5(content));
    expect(await status(unit, request(0x0a, le(0x40001000)))).toBe('0000');
  });

  it('ends a stream at an acknowledgement of another length, with the digest of what it sent', async () => {
    const unit = await stub();
    const frames = await unit.ask(request(0xd2, le(0x100000, 0x8000, 0x1000, 64)));
    const [digest] = unslip(await unit.send(slip(Uint8Array.of(1))));
    expect(hexOf(digest!)).toBe(md5(frames[1]!));
  });

  it('is deaf after a lost delimiter until an odd one comes', async () => {
    const unit = await stub();
    const frame = slip(request(0x0a, le(0x40001000)));
    expect(unslip(await unit.send(frame.subarray(0, -1)))).toHaveLength(0);
    // The opening delimiter of the next frame ends the first one, and that frame is lost.
    expect(unslip(await unit.send(frame))).toHaveLength(1);
    expect(unslip(await unit.send(frame))).toHaveLength(0);
    await unit.send(Uint8Array.of(0xc0));
    expect(unslip(await unit.send(frame))).toHaveLength(1);
  });

  it('takes a new rate as it is, after its reply', async () => {
    const unit = await stub();
    await unit.changeBaud(921_600);
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
    await unit.port.setBaudRate(115_200);
    expect(unslip(await unit.send(SYNC))).toHaveLength(0);
  });

  it('neither restarts at FLASH_END(0) nor runs user code', async () => {
    const unit = await stub();
    await unit.stubWrite(0x20000, pattern(100));
    await unit.reply(request(0x02, le(0, 0, 0x4000, 0, 0)));
    expect(await status(unit, request(0x04, le(0)))).toBe('0000');
    expect(await unit.ask(request(0xd3))).toHaveLength(0);
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
  });

  it('writes registers by groups and masks', async () => {
    const unit = await stub();
    const address = 0x3ffe_9000;
    await unit.reply(request(0x09, le(address, 0x1234_5678, 0xffff_ffff, 0, address, 0xff00, 0xff00, 0)));
    const reply = await unit.reply(request(0x0a, le(address)));
    expect(hexOf(reply.subarray(4, 8))).toBe('78ff3412');
  });
});

describe('stub v1', () => {
  it('restarts at FLASH_END(0): the strap it was started with still holds', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoStub(1);
    await unit.reply(request(0x02, le(0, 0, 0x4000, 0, 0)));
    const heard = await unit.send(slip(request(0x04, le(0))));
    expect(Buffer.from(heard).toString('latin1')).toContain('waiting for download');
    expect(hexOf(unslip(await unit.send(SYNC))[0]!)).toBe('010804000707122000000000');
  });

  it('goes back to what is in flash at RUN_USER_CODE', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.intoStub(1);
    await unit.port.setBaudRate(74_880);
    await unit.port.setBaudRate(115_200);
    const heard = await unit.send(slip(request(0xd3)));
    expect(Buffer.from(heard).toString('latin1')).toContain('practice-plug-factory');
  });

  it('refuses blocks above 16 KiB and unknown commands with its own codes', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoStub(1);
    expect(await status(unit, request(0x02, le(100, 1, 0x8000, 0, 0)))).toBe('c200');
    expect(await status(unit, request(0x77))).toBe('ff00');
  });

  it('scales its rate by the old one it is told', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoStub(1);
    await unit.reply(request(0x0f, le(460_800, 230_400)));
    await unit.port.setBaudRate(230_400);
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
  });
});
