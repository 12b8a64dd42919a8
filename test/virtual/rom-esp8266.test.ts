import { describe, expect, it } from 'vitest';
import { esp8266RomErasedSectors } from '../../src/virtual/esp/loader/rom-loader.ts';
import { dataRequest, fromHex, hexOf, le, RawUnit, request, SYNC, unslip } from './harness/wire-bench.ts';

describe('ESP8266 ROM loader', () => {
  it('prints its text at 74880 baud', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.port.setBaudRate(74_880);
    await unit.port.perform('power-into-loader');
    const text = Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
    expect(text).toBe('\r\n ets Jan  8 2013,rst cause:1, boot mode:(1,6)\r\n\r\n');
  });

  it('is heard as garbage at 115200', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.port.perform('power-into-loader');
    const heard = await unit.send(new Uint8Array());
    expect(heard.length).toBeGreaterThan(60);
    expect(Buffer.from(heard).toString('latin1')).not.toContain('ets');
  });

  it('answers SYNC eight times with two status bytes', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.port.perform('power-into-loader');
    await unit.send(new Uint8Array());
    expect(unslip(await unit.send(SYNC)).map(hexOf)).toEqual(Array(8).fill('01080200070712200000'));
  });

  it('knows neither reading, hashing, compression nor another rate', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.intoRom();
    const unknown = [
      request(0x0b, le(0, 0x20_0000, 0x10000, 0x1000, 0x100, 0xffff)),
      request(0x0d, le(0, 0)),
      request(0x0e, le(0, 64)),
      request(0x0f, le(460_800, 0)),
      request(0x10, le(0, 0, 0, 0)),
      request(0x13, le(0, 4096, 0, 0)),
    ];
    for (const packet of unknown) {
      const frames = await unit.ask(packet);
      expect(frames).toHaveLength(8);
      expect(hexOf(frames[0]!.subarray(8))).toBe('0105');
    }
  });

  it('has magic and MAC words of an ESP8266', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.intoRom();
    const value = async (address: number) => (await unit.reply(request(0x0a, le(address)))).subarray(4, 8);
    expect(hexOf(await value(0x40001000))).toBe('01c1f0ff');
    expect(hexOf(await value(0x3ff0005c))).toBe('a8cc8400');
  });

  // Section 6: what the host must send so that just enough is erased.
  it.each([
    [0, 0x1000, 1],
    [0, 0x8000, 16],
    [0, 0x68000, 120],
    [0x1000, 0x1000, 1],
    [0xf000, 0x1000, 2],
    [0, 0xf0000, 256],
    [0x10000, 0x3a000, 74],
  ])('erases just enough when BEGIN at %i says %i', (offset, size, sectors) => {
    const erased = esp8266RomErasedSectors(offset, size);
    expect(erased - sectors).toBeGreaterThanOrEqual(0);
    expect(erased - sectors).toBeLessThanOrEqual(1);
  });

  it('erases up to twice as much as a plain size says', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.intoRom();
    await unit.reply(request(0x02, le(0x4000, 16, 1024, 0x10000)));
    await unit.port.close();
    const again = await RawUnit.open('virtual:plug-esp8266', { dataDir: unit.dataDir });
    await again.intoStub();
    expect(await again.md5(0x10000, 0x8000)).toBe('3df7b33399422731e8e5615785c0536d');
  });

  it('writes without a stub', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266');
    await unit.intoRom();
    expect(hexOf((await unit.reply(request(0x02, le(0x1000, 1, 1024, 0x10000)))).subarray(8))).toBe('0000');
    const reply = await unit.reply(dataRequest(0x03, fromHex('00'.repeat(1024)), 0));
    expect(hexOf(reply.subarray(8))).toBe('0000');
  });

  it('of the 1 MB state is an ESP8285', async () => {
    const unit = await RawUnit.open('virtual:plug-esp8266?state=1mb');
    await unit.intoRom();
    const word = await unit.reply(request(0x0a, le(0x3ff00050)));
    expect(word[4]! & 0x10).toBe(0x10);
  });
});
