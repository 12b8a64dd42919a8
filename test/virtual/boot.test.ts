import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePracticeImages } from '../../src/virtual/make-practice-images.ts';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import { RawUnit, request, le, SYNC, unslip, slip } from './harness/wire-bench.ts';

const SHARED = join(import.meta.dirname, '../../../shared/data/esp');
const FF = (length: number) => new Uint8Array(length).fill(0xff);

/** A unit whose flash holds `parts`, started from flash. */
async function started(device: string, sizeBytes: number, parts: [number, Uint8Array][], query = '') {
  const dataDir = mkdtempSync(join(tmpdir(), 'benchflash-boot-'));
  mkdirSync(join(dataDir, 'virtual'));
  const flash = FF(sizeBytes);
  for (const [offset, bytes] of parts) flash.set(bytes, offset);
  writeFileSync(join(dataDir, 'virtual', `${device}-1.bin`), flash);
  const unit = await RawUnit.open(`virtual:${device}${query}`, { dataDir });
  await unit.port.perform('power-into-firmware');
  await unit.send(new Uint8Array());
  return unit;
}
async function bootText(
  device: string,
  sizeBytes: number,
  parts: [number, Uint8Array][],
  baudRate = 115_200,
) {
  const unit = await started(device, sizeBytes, parts);
  await unit.port.setBaudRate(baudRate);
  await unit.port.perform('power-into-firmware');
  return Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
}
const image = (device: string, file: string) =>
  findVirtualDevice(device)
    .practiceImages()
    .find((each) => each.file === file)!
    .make();

describe('start of an ESP32 from flash', () => {
  it('of a new lamp shows ROM, boot loader, partition table and the descriptor of its factory firmware', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.port.perform('power-into-firmware');
    const text = Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
    expect(text).toMatch(
      /^ets Jun {2}8 2016 00:22:57\r\n\r\nrst:0x1 \(POWERON_RESET\),boot:0x13 \(SPI_FAST_FLASH_BOOT\)\r\n/,
    );
    expect(text).toContain('mode:DIO, clock div:2\r\nload:0x3fff0030,len:');
    expect(text).toMatch(/I \(27\) boot: ESP-IDF v3\.3-practice 2nd stage bootloader/);
    expect(text).toMatch(/boot: {2}3 miio_fw1 {9}OTA app {10}00 10 00010000 001e0000/);
    expect(text).toContain('Loaded app from partition at offset 0x10000');
    expect(text).toMatch(/cpu_start: Project name: {5}practice-lamp-factory/);
    expect(text).toContain('model: yeelink.light.bslamp2');
  });

  it('starts the merged practice image', async () => {
    const text = await bootText('lamp', 4_194_304, [[0, image('lamp', 'lamp-esphome-factory.bin')]]);
    expect(text).toMatch(/cpu_start: Project name: {5}practice-lamp\r\n/);
    expect(text).toMatch(/cpu_start: App version: {6}2026\.10\.1\r\n/);
    expect(text).toMatch(/cpu_start: ELF file SHA256: {2}[0-9a-f]{16}\.\.\.\r\n/);
    expect(text).toContain('ESPHome version 2026.10.1 compiled on Oct 20 2026, 08:30:00');
  });

  it('starts the DOUT set, whose newer ESP-IDF logs nine digits under another tag', async () => {
    const text = await bootText('lamp', 4_194_304, [
      [0x1000, image('lamp', 'lamp-dout-bootloader.bin')],
      [0x8000, image('lamp', 'lamp-dout-partitions.bin')],
      [0xe000, image('lamp', 'lamp-dout-boot_app0.bin')],
      [0x10000, image('lamp', 'lamp-dout-app.bin')],
    ]);
    expect(text).toContain('mode:DOUT, clock div:2');
    expect(text).toMatch(/app_init: Project name: {5}practice-dout/);
    expect(text).toMatch(/app_init: ELF file SHA256: {2}[0-9a-f]{9}\.\.\.\r\n/);
  });

  it('falls back to the other slot when the selected one is damaged', async () => {
    const app = image('lamp', 'lamp-esphome.bin');
    const damaged = app.slice();
    damaged[5000]! ^= 1;
    const text = await bootText('lamp', 4_194_304, [
      [0, image('lamp', 'lamp-esphome-factory.bin')],
      [0x10000, damaged],
      [0x1d0000, app],
    ]);
    expect(text).toMatch(/esp_image: Checksum failed\. Calculated 0x[0-9a-f]+ read 0x[0-9a-f]+/);
    expect(text).toContain('Loaded app from partition at offset 0x1d0000');
  });

  it('loops over a blank flash, a wrong flash mode and a missing app, no faster than a watchdog', async () => {
    const quad = image('lamp', 'lamp-esphome-factory.bin');
    quad[0x1002] = 0;
    const cases: [[number, Uint8Array][], string][] = [
      [[], 'flash read err, 1000\r\nets_main.c 371'],
      [[[0, quad]], 'flash read err, 1000\r\nets_main.c 371'],
      [[[0, image('lamp', 'lamp-esphome-factory.bin').subarray(0, 0x10000)]], 'No bootable app partitions'],
      [[[0, image('lamp', 'lamp-esphome-factory.bin').subarray(0, 0x8000)]], 'invalid magic number 0xffff'],
    ];
    for (const [parts, complaint] of cases) {
      const unit = await started('lamp', 4_194_304, parts);
      expect(unit.text()).toBe('');
      await unit.clock.advance(3_000);
      const text = unit.text();
      expect(text).toContain(complaint);
      const restarts = text.split('rst:0x10 (RTCWDT_RTC_RESET)').length - 1;
      expect(restarts).toBeGreaterThanOrEqual(5);
      expect(restarts).toBeLessThanOrEqual(10);
      await unit.port.close();
      expect(unit.clock.pendingTimers).toBe(0);
    }
  });

  it('of the later revision says invalid header', async () => {
    const unit = await RawUnit.open('virtual:lamp?unit=4&state=blank');
    await unit.port.perform('power-into-firmware');
    const text = Buffer.from(await unit.send(new Uint8Array())).toString('latin1');
    expect(text).toContain('invalid header: 0xffffffff\r\ninvalid header: 0xffffffff');
  });

  it('does not serve the loader', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.port.perform('power-into-firmware');
    await unit.send(new Uint8Array());
    expect(await unit.send(SYNC)).toHaveLength(0);
  });
});

describe('start of an ESP8266 from flash', () => {
  it('shows the ROM at 74880 baud and names the practice Tasmota at 115200', async () => {
    const rom = await bootText(
      'plug-esp8266',
      1_048_576,
      [[0, image('plug-esp8266', 'plug-tasmota.bin')]],
      74_880,
    );
    expect(rom).toMatch(
      /^\r\n ets Jan {2}8 2013,rst cause:1, boot mode:\(3,6\)\r\n\r\nload 0x4010f000, len 3584, room 16 \r\ntail 0\r\nchksum 0x[0-9a-f]{2}\r\ncsum 0x[0-9a-f]{2}\r\nv[0-9a-f]{8}\r\n~ld\r\n/,
    );
    const app = await bootText('plug-esp8266', 1_048_576, [[0, image('plug-esp8266', 'plug-tasmota.bin')]]);
    expect(app).toContain(
      '00:00:00 Project tasmota Tasmota Version 14.3.0(lite)-2_7_8(2026-10-01T12:00:00)\r\n',
    );
  });

  it('loops when nothing is there and when the second image is missing', async () => {
    for (const parts of [[], [[0, image('plug-esp8266', 'plug-tasmota.bin').subarray(0, 0x1000)]]] as [
      number,
      Uint8Array,
    ][][]) {
      const unit = await started('plug-esp8266', 1_048_576, parts);
      await unit.port.setBaudRate(74_880);
      await unit.clock.advance(2_000);
      expect(unit.text().split('rst cause:4, boot mode:(3,6)').length).toBeGreaterThan(3);
      await unit.port.close();
    }
  });

  it('of 1 MB does not start in DIO', async () => {
    const dio = image('plug-esp8266', 'plug-tasmota.bin');
    dio[2] = 2;
    const text = await bootText('plug-esp8266', 1_048_576, [[0, dio]], 74_880);
    expect(text).toContain('ets_main.c');
    expect(text).not.toContain('load 0x');
  });
});

describe('practice images', () => {
  it('are written as files, the same each time', async () => {
    for (const name of ['lamp', 'plug-esp8266']) {
      const directory = mkdtempSync(join(tmpdir(), 'benchflash-images-'));
      const written = await makePracticeImages(findVirtualDevice(name), directory);
      expect(written.length).toBeGreaterThan(0);
      for (const { path, bytes, image: made } of written) {
        expect(bytes).toBeGreaterThan(1000);
        expect(readFileSync(path).equals(made.make())).toBe(true);
      }
    }
  });

  it('are not written where a file stands in the way, which is said as such', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'benchflash-images-')), 'taken');
    writeFileSync(path, '');
    await expect(makePracticeImages(findVirtualDevice('lamp'), path)).rejects.toMatchObject({
      code: 'USAGE',
      message: `${path} cannot be written: it is a file, not a folder.`,
    });
  });
});

describe.skipIf(!existsSync(SHARED))('real images of ../shared/data (skipped where that is missing)', () => {
  const real = (file: string) => new Uint8Array(readFileSync(join(SHARED, file)));

  it('start with the values of their own descriptors', async () => {
    const bootloader = real('esp32-bootset/bootloader_dout_40m_2MB.bin');
    const text = await bootText('lamp', 4_194_304, [
      [0x1000, bootloader],
      [0x8000, real('esp32-bootset/partitions.bin')],
      [0x10000, real('esp32-app-hello-world-signed.bin')],
    ]);
    // Its header says 2 MB, and the table goes on beyond that.
    expect(text).toContain('2nd stage bootloader');
    expect(text).toContain('exceeds flash chip size 0x200000');
  });

  it('start when the boot loader is told the real size', async () => {
    const { esp32SizePatched } = await import('./harness/patch.ts');
    const text = await bootText('lamp', 4_194_304, [
      [0x1000, esp32SizePatched(real('esp32-bootset/bootloader_dout_40m_2MB.bin'), 2)],
      [0x8000, real('esp32-bootset/partitions.bin')],
      [0x10000, real('esp32-app-hello-world-signed.bin')],
    ]);
    expect(text).toMatch(/boot: ESP-IDF v5\.2-dev-254-g1950b15 2nd stage bootloader/);
    expect(text).not.toContain('SHA-256 comparison failed');
    expect(text).toMatch(/cpu_start: Project name: {5}hello-world/);
    expect(text).toMatch(/cpu_start: App version: {6}v3\.3-beta3-21-g0706bd0d1-dirty/);
    expect(text).toContain('Hello world!');
  });

  it('name Tasmota by what stands in the image', async () => {
    const text = await bootText('plug-esp8266', 1_048_576, [[0, real('esp8266-tasmota-lite-9.2.0.bin')]]);
    expect(text).toContain(
      '00:00:00 Project tasmota Tasmota Version 9.2.0(lite)-2_7_4_9(2020-12-17T10:06:08)\r\n',
    );
  });
});

it('a RAM program does not greet and serves nothing', async () => {
  const unit = await RawUnit.open('virtual:lamp');
  await unit.intoRom();
  const program = new Uint8Array(64);
  program.set([0x32, 0x54, 0xcd, 0xab]);
  await unit.reply(request(0x05, le(64, 1, 0x1800, 0x4008_0000)));
  const sum = program.reduce((all, byte) => all ^ byte, 0xef);
  await unit.send(slip(request(0x07, Uint8Array.of(...le(64, 0, 0, 0), ...program), sum)));
  const frames = await unit.ask(request(0x06, le(0, 0x4008_0004)));
  expect(frames).toHaveLength(1);
  expect(unslip(await unit.send(SYNC))).toHaveLength(0);
});
