import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { ESP_FAULTS } from '../../src/virtual/esp/faults.ts';
import { dataRequest, hexOf, le, RawUnit, request, slip, SYNC, unslip } from './harness/wire-bench.ts';

const content = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31 + (at >> 7)) & 0xff);
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const answersSync = async (unit: RawUnit) => unslip(await unit.send(SYNC)).length === 8;
const intoLoader = async (unit: RawUnit) => {
  await unit.port.perform('power-into-loader');
  return Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
};
const intoFirmware = async (unit: RawUnit) => {
  await unit.port.perform('power-into-firmware');
  return Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
};
const register = async (unit: RawUnit, address: number) =>
  new DataView((await unit.reply(request(0x0a, le(address)))).buffer).getUint32(4, true);
const flashId = async (unit: RawUnit) => {
  const base = 0x3ff42000;
  const write = (address: number, value: number) =>
    unit.reply(request(0x09, le(address, value, 0xffff_ffff, 0)));
  await write(base + 0x2c, 23);
  await write(base + 0x1c, 0x9000_0000);
  await write(base + 0x24, 0x7000_009f);
  await write(base + 0x80, 0);
  await write(base, 1 << 18);
  return register(unit, base + 0x80);
};

/** One test a fault, by its name; the last test sees that none is missing. */
const tests: Record<string, () => Promise<void>> = {
  'gpio0-high': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=gpio0-high-once');
    expect(await intoLoader(unit)).toContain('boot:0x13 (SPI_FAST_FLASH_BOOT)');
    expect(await answersSync(unit)).toBe(false);
    expect(await intoLoader(unit)).toContain('waiting for download');
    expect(await answersSync(unit)).toBe(true);
  },
  'tx-rx-swapped': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=tx-rx-swapped-once');
    expect(await intoLoader(unit)).toBe('');
    expect(await answersSync(unit)).toBe(false);
    expect(await intoLoader(unit)).toContain('waiting for download');
    expect(await answersSync(unit)).toBe(true);
  },
  'host-tx-open': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=host-tx-open-once');
    expect(await intoLoader(unit)).toContain('waiting for download');
    expect(await answersSync(unit)).toBe(false);
    await intoLoader(unit);
    expect(await answersSync(unit)).toBe(true);
  },
  'no-power': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=no-power-once');
    expect(await intoLoader(unit)).toBe('');
    expect(await intoLoader(unit)).toContain('waiting for download');
  },
  'sagging-supply': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=sagging-supply');
    await unit.intoStub();
    await unit.changeBaud(460_800);
    await unit.stubWrite(0x100000, content);
    expect(await unit.md5(0x100000, content.length)).not.toBe(md5(content));
    await unit.changeBaud(115_200);
    await unit.stubWrite(0x100000, content);
    expect(await unit.md5(0x100000, content.length)).toBe(md5(content));
  },
  'drops-bytes': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=drops-bytes');
    await unit.intoStub();
    expect(await unit.stubWrite(0x100000, content)).not.toContain('none');
    await unit.changeBaud(460_800);
    const status = await unit.stubWrite(0x100000, content);
    expect(status.some((each) => each !== '0000')).toBe(true);
  },
  'dies-at-50%': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=dies-at-50%25-once');
    await unit.intoStub();
    const status = await unit.stubWrite(0x100000, content);
    expect(status.slice(-2)).toEqual(['none', 'none']);
    expect(await answersSync(unit)).toBe(false);
    await unit.port.setBaudRate(115_200);
    await unit.intoStub();
    expect(await unit.md5(0x100000, 45_056)).toBe(md5(content.subarray(0, 45_056)));
    expect(await unit.md5(0x100000, 57_344)).not.toBe(md5(content.subarray(0, 57_344)));
    expect(await unit.stubWrite(0x100000, content)).not.toContain('none');
  },
  'slow-erase': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=slow-erase');
    await unit.intoStub();
    expect(await unit.ask(request(0xd1, le(0x10000, 0x100000)))).toHaveLength(0);
    await unit.clock.advance(4_000);
    expect(unit.heard()).toHaveLength(0);
    await unit.clock.advance(2_000);
    expect(unslip(unit.heard())).toHaveLength(1);
  },
  'baud-limit-460800': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=baud-limit-460800');
    await unit.intoStub();
    await unit.changeBaud(460_800);
    expect(await answersSync(unit)).toBe(true);
    await unit.changeBaud(921_600);
    expect(await answersSync(unit)).toBe(false);
  },
  'flash-encrypted': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=flash-encrypted');
    await unit.intoRom();
    const count = ((await register(unit, 0x3ff5a000)) >>> 20) & 0x7f;
    expect(count.toString(2).replaceAll('0', '').length % 2).toBe(1);
  },
  'secure-boot': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=secure-boot');
    await unit.intoRom();
    expect((await register(unit, 0x3ff5a018)) & 0x10).toBe(0x10);
  },
  'wrong-chip': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=wrong-chip-once');
    await unit.intoRom();
    expect(await register(unit, 0x40001000)).toBe(0xfff0_c101);
    await unit.intoRom();
    expect(await register(unit, 0x40001000)).toBe(0x00f0_1d83);
    const plug = await RawUnit.open('virtual:plug-esp8266?fault=wrong-chip');
    await plug.intoRom();
    expect(await register(plug, 0x40001000)).toBe(0x00f0_1d83);
  },
  'boot-loop-after-flash': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=boot-loop-after-flash');
    expect(await intoFirmware(unit)).not.toContain('Guru Meditation');
    await unit.intoStub();
    await unit.stubWrite(0x3d0000, content);
    expect(await intoFirmware(unit)).toContain('Guru Meditation Error');
    await unit.clock.advance(2_000);
    expect(unit.text().split('rst:0xc (SW_CPU_RESET)').length).toBeGreaterThan(3);
  },
  'mac-crc-abort': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=mac-crc-abort');
    await unit.intoStub();
    await unit.stubWrite(0x3d0000, content);
    const text = await intoFirmware(unit);
    expect(text).toContain('Base MAC address from BLK0 of EFUSE CRC error');
    expect(text).toContain('abort() was called');
  },
  'swapped-unit': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=swapped-unit');
    await unit.intoStub();
    const mac = await register(unit, 0x3ff5a004);
    await unit.ask(request(0xd2, le(0, 0x400000, 0x1000, 64)));
    for (let bytes = 0x1000; bytes < 0x400000; bytes += 0x1000) await unit.port.write(slip(le(bytes)));
    await unit.send(slip(le(0x400000)));
    // The old one is out already; the new one is fresh in its ROM loader.
    expect(await answersSync(unit)).toBe(false);
    await unit.clock.advance(10);
    expect(hexOf(unslip(await unit.send(SYNC))[0]!)).toBe('010804000707122000000000');
    expect(await register(unit, 0x3ff5a004)).not.toBe(mac);
  },
  'silent-after-boot': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=silent-after-boot');
    expect(await intoLoader(unit)).toContain('waiting for download');
    expect(await intoFirmware(unit)).toBe('');
  },
  'unknown-flash-id': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=unknown-flash-id');
    await unit.intoRom();
    expect(await flashId(unit)).toBe(0x44707f);
  },
  'flash-silent': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=flash-silent');
    await unit.intoRom();
    expect(await flashId(unit)).toBe(0xffffff);
  },
  'write-protected': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=write-protected');
    await unit.intoStub();
    const before = await unit.md5(0x10000, content.length);
    expect(await unit.stubWrite(0x10000, content)).not.toContain('c400');
    expect(await unit.md5(0x10000, content.length)).toBe(before);
  },
  'lost-answer': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=lost-answer-once');
    await unit.intoStub();
    const status = await unit.stubWrite(0x100000, content);
    expect(status.filter((each) => each === 'none')).toHaveLength(1);
    expect(await unit.stubWrite(0x100000, content)).not.toContain('none');
  },
  'split-chunks': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=split-chunks');
    await unit.port.perform('power-into-loader');
    await unit.clock.advance(1);
    expect(Math.max(...unit.chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(3);
    expect(unit.text()).toContain('waiting for download');
  },
  'merged-chunks': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=merged-chunks');
    await unit.port.perform('power-into-loader');
    await unit.clock.advance(100);
    unit.heard();
    await unit.send(SYNC);
    await unit.clock.advance(100);
    expect(unit.chunks).toHaveLength(1);
    expect(unslip(unit.heard())).toHaveLength(8);
  },
  'boot-garbage': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=boot-garbage');
    expect(await intoLoader(unit)).toContain('\xff');
    expect(await answersSync(unit)).toBe(true);
  },
  'hostile-text': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=hostile-text');
    expect(await intoFirmware(unit)).toContain('\u001b]0;');
  },
  'stuck-stub': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=stuck-stub-once');
    expect(await answersSync(unit)).toBe(false);
    await unit.port.setBaudRate(460_800);
    expect(hexOf(unslip(await unit.send(SYNC))[0]!)).toBe('01080200000000000000');
    await unit.port.setBaudRate(115_200);
    expect(await intoLoader(unit)).toContain('waiting for download');
  },
  'loses-first-syncs': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=loses-first-syncs-once');
    await intoLoader(unit);
    expect(await answersSync(unit)).toBe(false);
    await intoLoader(unit);
    expect(await answersSync(unit)).toBe(true);
  },
  'unplugged-at-50%': async () => {
    const unit = await RawUnit.open('virtual:lamp?fault=unplugged-at-50%25');
    await unit.intoStub();
    const lost = new Promise<Error>((resolve) => unit.port.onLost(resolve));
    await unit.ask(request(0x02, le(content.length, 7, 0x4000, 0x100000, 0)));
    const block = async (sequence: number) => {
      const payload = content.slice(sequence * 0x4000, (sequence + 1) * 0x4000);
      await unit.port.write(slip(dataRequest(0x03, payload, sequence)));
    };
    for (const sequence of [0, 1, 2]) await block(sequence);
    await expect(block(3)).rejects.toSatisfy((error) => isBenchError(error, 'LINK_LOST'));
    expect(isBenchError(await lost, 'LINK_LOST')).toBe(true);
    await expect(unit.port.write(SYNC)).rejects.toSatisfy((error) => isBenchError(error, 'LINK_LOST'));
  },
};

describe('faults', () => {
  for (const [name, test] of Object.entries(tests)) it(name, test);

  it('are all tested', () => {
    expect(Object.keys(tests).sort()).toEqual(ESP_FAULTS.map(({ name }) => name).sort());
  });

  it.each([
    'virtual:lamp?fault=warp-core',
    'virtual:lamp?state=new',
    'virtual:lamp?wiring=usb',
    'virtual:toaster',
  ])('%s is refused, and what is known is named', async (link) => {
    await expect(RawUnit.open(link)).rejects.toSatisfy(
      (error) => isBenchError(error, 'USAGE') && /Known: /.test(error.advice),
    );
  });

  it('strike the named unit of a jig only; units come one after another, then nothing', async () => {
    const unit = await RawUnit.open('virtual:lamp?n=3&jig&fault=2:gpio0-high');
    const macs: number[] = [];
    await unit.intoRom();
    macs.push(await register(unit, 0x3ff5a004));
    await unit.port.perform('next-unit');
    expect(await answersSync(unit)).toBe(false);
    await unit.port.perform('next-unit');
    expect(await answersSync(unit)).toBe(true);
    macs.push(await register(unit, 0x3ff5a004));
    expect(new Set(macs).size).toBe(2);
    await unit.port.perform('next-unit');
    expect(await answersSync(unit)).toBe(false);
    await unit.port.perform('power-into-loader');
    expect(await answersSync(unit)).toBe(false);
  });
});
