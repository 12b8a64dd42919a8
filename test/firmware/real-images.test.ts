import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectFile, type InspectedFile } from '../../src/firmware/inspect.ts';
import { parseEspImage, verifies } from '../../src/firmware/esp-image.ts';
import { patchFlashHeader } from '../../src/firmware/patch-flash-header.ts';
import { placeFiles } from '../../src/firmware/place-parts.ts';
import { flash } from './build-images.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { dataFile, hasRealFiles } from './real-files.ts';

const inspect = (name: string) => inspectFile(dataFile(name));
const fact = (file: InspectedFile, label: string) => file.facts.find((entry) => entry.label === label)?.value;
const read = (name: string): Uint8Array => readFileSync(dataFile(name));

const TASMOTA = 'esp/esp8266-tasmota-lite-9.2.0.bin';
const DOUT_BOOTLOADER = 'esp/esp32-bootset/bootloader_dout_40m_2MB.bin';
const DIO_BOOTLOADER = 'esp/esp32-bootset/bootloader_dio_40m_2MB.bin';
const HELLO = 'esp/esp32-app-hello-world-signed.bin';

describe.skipIf(!hasRealFiles)('real images (skipped where ../shared/data is missing)', () => {
  it('Tasmota lite for ESP8266: two images, both verified', async () => {
    const file = await inspect(TASMOTA);
    expect(file).toMatchObject({
      kind: 'esp8266-image',
      title: 'Tasmota 9.2.0 (lite) for ESP8266, DOUT, 40 MHz, 1 MiB',
      problems: [],
      product: { name: 'Tasmota', version: '9.2.0', variant: 'lite' },
      sha256: '103ac911c364ea5ed730b93f05f5b909aa08b02dfcf1d8a2dd6413a95ff8e005',
      sizeBytes: 487_824,
    });
    expect(fact(file, 'Checksum')).toBe('0xB0 at 0xE1F, fits');
    expect(fact(file, 'Checksum, application')).toBe('0x13 at 0x7718F, fits');
    expect(fact(file, 'Segments, application')).toMatch(/^0x40201010\+0x6E174 /);
  });

  it.each([
    [DOUT_BOOTLOADER, 'dout', '0xBE at 0x686F, fits', 4, '0x40080650'],
    [DIO_BOOTLOADER, 'dio', '0x52 at 0x65DF, fits', 3, '0x40080640'],
  ])('%s', async (name, mode, checksum, segments, entry) => {
    const file = await inspect(name);
    expect(file).toMatchObject({
      kind: 'esp32-bootloader',
      chip: 'ESP32',
      problems: [],
      parts: [{ flashOffset: 0x1000, flashMode: mode, headerFlashSizeBytes: 0x20_0000, maxRevision: 399 }],
    });
    expect(fact(file, 'Checksum')).toBe(checksum);
    expect(fact(file, 'Image SHA-256')).toBe('fits');
    expect(fact(file, 'Segments')?.split(' ')).toHaveLength(segments);
    expect(fact(file, 'Entry')).toBe(entry);
  });

  it('the newer boot loader carries its descriptor', async () => {
    expect(fact(await inspect(DOUT_BOOTLOADER), 'ESP-IDF')).toBe('v5.2-dev-254-g1950b15');
  });

  it('the signed hello-world', async () => {
    const file = await inspect(HELLO);
    expect(file).toMatchObject({
      kind: 'esp32-app',
      title: 'ESP32 application hello-world v3.3-beta3-21-g0706bd0d1-dirty',
      problems: [],
      parts: [
        {
          signed: true,
          descriptor: { project: 'hello-world', idfVersion: 'v3.3-beta3-21-g0706bd0d1-dirty' },
        },
      ],
    });
    expect(fact(file, 'Checksum')).toBe('0x30 at 0x2FF8F, fits');
    expect(fact(file, 'After the image')).toBe('secure boot V1 signature');
  });

  it('the partition table and boot_app0', async () => {
    const table = await inspect('esp/esp32-bootset/partitions.bin');
    expect(table).toMatchObject({ kind: 'esp32-partition-table', problems: [] });
    expect(table.partitionTable?.partitions.map(({ label, offset, size }) => [label, offset, size])).toEqual([
      ['nvs', 0x9000, 0x5000],
      ['otadata', 0xe000, 0x2000],
      ['safeboot', 0x1_0000, 0xd_0000],
      ['app0', 0xe_0000, 0x2d_0000],
      ['spiffs', 0x3b_0000, 0x5_0000],
    ]);
    expect(await inspect('esp/esp32-bootset/boot_app0.bin')).toMatchObject({
      kind: 'esp32-otadata',
      problems: [],
    });
  });

  it('the boot set with an application is placed by its own table', async () => {
    const files = await Promise.all(
      [HELLO, DOUT_BOOTLOADER, 'esp/esp32-bootset/partitions.bin', 'esp/esp32-bootset/boot_app0.bin'].map(
        inspect,
      ),
    );
    const { regions, problems, appPartition } = placeFiles(files);
    expect(problems).toEqual([]);
    expect(regions.map(({ offset }) => offset)).toEqual([0x1000, 0x8000, 0xe000, 0xe_0000]);
    expect(appPartition?.label).toBe('app0');
  });

  it('the boot set as a whole flash', async () => {
    const whole = flash(
      [
        [0x1000, read(DIO_BOOTLOADER)],
        [0x8000, read('esp/esp32-bootset/partitions.bin')],
        [0xe000, read('esp/esp32-bootset/boot_app0.bin')],
        [0xe_0000, read(HELLO)],
      ],
      0x40_0000,
    );
    expect(await inspectBytes('whole', whole)).toMatchObject({
      kind: 'esp32-full-flash',
      title: 'ESP32 full flash, 4 MiB, runs ESP32 application hello-world v3.3-beta3-21-g0706bd0d1-dirty',
      problems: [],
      backup: { wifiCredentials: 'none', blankData: true },
    });
  });

  it('boot loaders patched to another mode and size verify', () => {
    for (const name of [DOUT_BOOTLOADER, DIO_BOOTLOADER]) {
      const parsed = parseEspImage(patchFlashHeader(read(name), { mode: 'qio', sizeBytes: 0x40_0000 }));
      expect(parsed != null && verifies(parsed)).toBe(true);
      expect(parsed).toMatchObject({ mode: 'qio', sizeBytes: 0x40_0000, sha256: 'valid' });
    }
  });

  it.each([
    ['plugs/tasmota-minimal-9.2.0.bin', 'Tasmota 9.2.0 (minimal) for ESP8266, DOUT, 40 MHz, 1 MiB'],
    ['plugs/espurna-base-1.13.5.bin', 'ESPurna 1.13.5 for ESP8266, DOUT, 40 MHz, 1 MiB'],
    ['plugs/haa-fullhaaboot-12.18.0.bin', 'HAA installer 7.14.0 for ESP8266, DOUT, 40 MHz, 1 MiB'],
    ['plugs/haa-tasmota2haa-12.18.0.bin.gz', 'HAA installer 7.14.0 for ESP8266, DOUT, 40 MHz, 1 MiB (gzip)'],
    ['plugs/mgos512k-0x7000.bin', 'Mongoose OS (tasmota-to-mgos) for ESP8266, DOUT, 80 MHz, 512 KiB'],
    ['plugs/athom-esp8266-mini-updater.bin', 'Athom updater for ESP8266, DOUT, 80 MHz, 1 MiB'],
  ])('%s', async (name, title) => {
    expect(await inspect(name)).toMatchObject({ kind: 'esp8266-image', title, problems: [] });
  });

  it('the upgrade file of Tuya is named and refused', async () => {
    const file = await inspect('plugs/tuya-convert-upgrade-1.5.ug.bin');
    expect(file).toMatchObject({ kind: 'unknown', foreign: 'tuya-ug' });
    expect(file.problems[0]?.severity).toBe('error');
  });
});
