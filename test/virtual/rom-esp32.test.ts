import { describe, expect, it } from 'vitest';
import {
  concat,
  dataRequest,
  fromHex,
  hexOf,
  le,
  RawUnit,
  request,
  SYNC,
  unslip,
} from './harness/wire-bench.ts';

const READ_MAGIC = request(0x0a, le(0x4000_1000));

// Frames from sections 2 and 3 of the loader reference.
describe('ESP32 ROM loader', () => {
  it('prints its text at power-up and answers SYNC eight times with the first word of the payload', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.port.perform('power-into-loader');
    const text = Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
    expect(text).toBe(
      'ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x3 ' +
        '(DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n',
    );
    const frames = unslip(await unit.send(SYNC));
    expect(frames.map(hexOf)).toEqual(Array(8).fill('010804000707122000000000'));
  });

  it('answers nothing before power comes', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    expect(await unit.send(SYNC)).toHaveLength(0);
  });

  it('reads the magic register and leaves the value in later replies', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    expect(await unit.send(fromHex('c0 00 0a 04 00 00 00 00 00 00 10 00 40 c0'))).toEqual(
      fromHex('c0 01 0a 04 00 83 1d f0 00 00 00 00 00 c0'),
    );
    // SPI_ATTACH with two words: the value is stale.
    expect(hexOf(await unit.reply(request(0x0d, le(0, 0))))).toBe('010d0400831df00000000000');
  });

  it('answers an unknown command with its last answer and 01 05, eight times after a SYNC', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    expect((await unit.ask(request(0x14))).map(hexOf)).toEqual(Array(8).fill('010804000707122001050000'));
    await unit.reply(READ_MAGIC);
    for (const op of [0x14, 0xd0, 0xd2])
      expect((await unit.ask(request(op))).map(hexOf)).toEqual(['010a0400831df00001050000']);
  });

  it('reads flash 64 bytes at a time, always with a full body', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    await unit.reply(request(0x0d, le(0, 0)));
    const reply = await unit.reply(request(0x0e, le(0x8000, 32)));
    expect(reply).toHaveLength(8 + 64 + 4);
    expect(hexOf(reply.subarray(8, 12))).toBe('aa500102');
    expect(hexOf(reply.subarray(40, 72))).toBe('00'.repeat(32));
    const refused = await unit.reply(request(0x0e, le(0x8000, 65)));
    expect(refused).toHaveLength(8 + 64 + 4);
    expect(hexOf(refused.subarray(72))).toBe('010a0000');
  });

  it('writes in blocks of 1 KiB, erased at BEGIN, and gives the MD5 as hex text', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    await unit.reply(request(0x0d, le(0, 0)));
    const block = new Uint8Array(1024).fill(0x5a);
    expect(hexOf((await unit.reply(request(0x02, le(2048, 2, 1024, 0x100000)))).subarray(8))).toBe(
      '00000000',
    );
    for (const sequence of [0, 1])
      expect(hexOf((await unit.reply(dataRequest(0x03, block, sequence))).subarray(8))).toBe('00000000');
    const reply = await unit.reply(request(0x13, le(0x100000, 2048, 0, 0)));
    // MD5 of 2048 times 5a.
    expect(Buffer.from(reply.subarray(8, 40)).toString()).toBe('1fa478c02b2f978a06d1cafdf57f4817');
    expect(hexOf(reply.subarray(40))).toBe('00000000');
  });

  it('refuses a wrong checksum with 01 07 and a BEGIN of five words with 01 05', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    await unit.reply(request(0x0d, le(0, 0)));
    expect(hexOf((await unit.reply(request(0x02, le(1024, 1, 1024, 0x100000, 0)))).subarray(8))).toBe(
      '01050000',
    );
    await unit.reply(request(0x02, le(1024, 1, 1024, 0x100000)));
    const wrong = request(0x03, concat(le(4, 0, 0, 0), Uint8Array.of(1, 2, 3, 4)), 0x00);
    expect(hexOf((await unit.reply(wrong)).subarray(8))).toBe('01070000');
  });

  it('tells of a block that did not take (01 08): programming clears bits only', async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=write-protected');
    await unit.intoRom();
    await unit.reply(request(0x0d, le(0, 0)));
    await unit.reply(request(0x02, le(1024, 1, 1024, 0x1000)));
    expect(hexOf((await unit.reply(dataRequest(0x03, new Uint8Array(1024), 0))).subarray(8))).toBe(
      '01080000',
    );
  });

  it('measures the rate of a SYNC, and is deaf at another one afterwards', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.port.perform('power-into-loader');
    await unit.port.setBaudRate(57_600);
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
    await unit.port.setBaudRate(115_200);
    expect(unslip(await unit.send(SYNC))).toHaveLength(0);
  });

  it('changes its rate after a reply at the old one, off by the error of its clock', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    const reply = await unit.reply(request(0x0f, le(460_800, 0)));
    expect(hexOf(reply.subarray(8))).toBe('00000000');
    expect(unslip(await unit.send(SYNC))).toHaveLength(0);
    await unit.port.setBaudRate(460_800);
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
  });

  it('swallows the first SYNCs when told so', async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=loses-first-syncs');
    await unit.port.perform('power-into-loader');
    for (let count = 0; count < 3; count++) expect(unslip(await unit.send(SYNC))).toHaveLength(0);
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
  });

  it('leaves its loader at FLASH_END', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    const heard = Buffer.from(
      await unit.send(concat(fromHex('c0 00 04 04 00 00000000 01000000 c0'))),
    ).toString('latin1');
    expect(heard).toContain('boot:0x13 (SPI_FAST_FLASH_BOOT)');
    expect(unslip(await unit.send(SYNC))).toHaveLength(0);
  });
});

describe('ESP32 identity', () => {
  const readRegister = async (unit: RawUnit, address: number) =>
    new DataView((await unit.reply(request(0x0a, le(address)))).buffer).getUint32(4, true);

  it('has a MAC of its own in efuse, whose CRC is wrong, on a single core', async () => {
    const macs = new Set<string>();
    for (const number of [1, 2, 3]) {
      const unit = await RawUnit.open(`virtual:lamp?unit=${number}`);
      await unit.intoRom();
      const [w1, w2, w3] = [
        await readRegister(unit, 0x3ff5a004),
        await readRegister(unit, 0x3ff5a008),
        await readRegister(unit, 0x3ff5a00c),
      ];
      const mac = (w2 & 0xffff).toString(16).padStart(4, '0') + w1.toString(16).padStart(8, '0');
      expect(mac.slice(0, 6)).toBe('04cf8c');
      macs.add(mac);
      expect((w2 >>> 16) & 0xff).not.toBe(crc8(fromHex(mac)));
      expect(w3 & 1).toBe(1);
    }
    expect(macs.size).toBe(3);
  });

  it('gives the flash id by the registers of the SPI controller', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoRom();
    const write = (address: number, value: number) =>
      unit.reply(request(0x09, le(address, value, 0xffff_ffff, 0)));
    const base = 0x3ff42000;
    await write(base + 0x2c, 23);
    await write(base + 0x1c, 0x9000_0000);
    await write(base + 0x24, 0x7000_009f);
    await write(base + 0x80, 0);
    await write(base, 1 << 18);
    expect(await readRegister(unit, base)).toBe(0);
    expect(await readRegister(unit, base + 0x80)).toBe(0x1640c8);
  });
});

/** Section 8: poly 0x8C reflected, init 0. */
function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
      const mix = (crc ^ value) & 1;
      crc >>= 1;
      if (mix) crc ^= 0x8c;
      value >>= 1;
    }
  }
  return crc;
}
