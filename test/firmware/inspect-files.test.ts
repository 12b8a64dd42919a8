import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { concatUint8Arrays } from 'uint8array-extras';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectBytes, inspectFile, MAX_FILE_BYTES } from '../../src/firmware/inspect.ts';
import {
  arduinoEsp8266,
  bootloaderAtZero,
  esp32App,
  esp32Bootloader,
  esp8266App,
  esp8266Image,
  esp8266V2,
  filled,
  flash,
  noise,
  otadata,
  partitionTable,
  text,
  u32le,
  USUAL_ROWS,
} from './build-images.ts';
import { NvsBuilder, wifiPasswordBlob, wifiSsidBlob } from './build-nvs.ts';

const inspect = (bytes: Uint8Array) => inspectBytes('x.bin', bytes);
const problemsOf = async (bytes: Uint8Array) =>
  (await inspect(bytes)).problems.map(({ severity, text: words }) => `${severity}: ${words}`);

describe('inspecting a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'benchflash-inspect-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('says what it is whatever its name', async () => {
    const path = join(folder, 'picture.jpg');
    await writeFile(path, esp32App({ project: 'lamp', version: '2.0' }));
    expect(await inspectFile(path)).toMatchObject({
      path,
      kind: 'esp32-app',
      chip: 'ESP32',
      title: 'ESP32 application lamp 2.0',
      problems: [],
    });
  });

  it('that is not there, or is a folder, fails with FILE_NOT_FOUND', async () => {
    await expect(inspectFile(join(folder, 'none.bin'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('cannot be read: there is no such file.') as string,
    });
    await expect(inspectFile(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('larger than any flash is refused unread', async () => {
    const path = join(folder, 'huge.bin');
    await writeFile(path, '');
    const { truncate } = await import('node:fs/promises');
    await truncate(path, MAX_FILE_BYTES + 1);
    await expect(inspectFile(path)).rejects.toMatchObject({
      code: 'FIRMWARE_REFUSED',
      message: expect.stringContaining('more than any ESP flash holds (64 MiB)') as string,
    });
  });
});

describe('gzip', () => {
  it('is unpacked; hash and size are those of the file on disk', async () => {
    const image = arduinoEsp8266();
    const packed = gzipSync(image);
    const file = await inspect(packed);
    expect(file).toMatchObject({ kind: 'esp8266-image', compressed: true, sizeBytes: packed.length });
    expect(file.content).toEqual(image);
    expect(file.title).toContain('(gzip)');
    expect(file.facts.find(({ label }) => label === 'Unpacked')?.value).toContain(`${image.length} bytes`);
  });

  it('that is cut short or grows without end is refused', async () => {
    const packed = gzipSync(arduinoEsp8266());
    expect(await problemsOf(packed.subarray(0, packed.length - 20))).toEqual([
      'error: The gzip file is damaged or cut short: it does not unpack.',
    ]);
    expect(await problemsOf(gzipSync(filled(MAX_FILE_BYTES + 1, 0)))).toEqual([
      'error: The gzip file unpacks to more than 64 MiB.',
    ]);
  });
});

describe('single ESP32 images', () => {
  it('an application belongs into an application partition', async () => {
    const file = await inspect(esp32App());
    expect(file.parts).toMatchObject([{ kind: 'app', flashOffset: undefined, chip: 'ESP32' }]);
    expect(file.facts[0]).toEqual({
      label: 'Belongs at',
      value: 'an application partition, usually 0x10000; never 0x0',
    });
  });

  it.each([
    ['ESP32', 0x1000, esp32Bootloader()],
    ['ESP32-S3', 0, bootloaderAtZero(9)],
    ['ESP32-C3', 0, bootloaderAtZero(5)],
  ])('a boot loader of %s belongs at %d', async (chip, offset, bytes) => {
    expect(await inspect(bytes)).toMatchObject({
      kind: 'esp32-bootloader',
      chip,
      parts: [{ kind: 'bootloader', flashOffset: offset }],
      problems: [],
    });
  });

  it('that is cut short or damaged says so', async () => {
    const bytes = esp32App();
    expect((await problemsOf(bytes.subarray(0, 3000)))[0]).toMatch(/^error: The image is cut short/);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    expect(await problemsOf(bytes)).toHaveLength(2);
  });

  it('followed by something says how much', async () => {
    const bytes = esp32App();
    const glued = concatUint8Arrays([bytes, noise(200)]);
    expect(await problemsOf(glued)).toEqual([
      `warning: 200 bytes follow the image from 0x${bytes.length.toString(16).toUpperCase()}; they are neither padding nor a signature.`,
    ]);
    expect(await problemsOf(concatUint8Arrays([bytes, filled(300, 0xff)]))).toEqual([]);
  });

  it('followed by a secure boot signature is signed', async () => {
    const v1 = concatUint8Arrays([u32le(0), noise(64)]);
    const v2 = concatUint8Arrays([filled(16, 0xff), Uint8Array.of(0xe7, 2, 0, 0), noise(1212)]);
    for (const signature of [v1, v2]) {
      const file = await inspect(concatUint8Arrays([esp32App(), signature]));
      expect(file.parts[0]?.signed).toBe(true);
      expect(file.problems).toEqual([]);
    }
  });
});

describe('ESP8266 images', () => {
  it('of two parts are verified both', async () => {
    const good = arduinoEsp8266();
    expect(await inspect(good)).toMatchObject({
      kind: 'esp8266-image',
      parts: [{ kind: 'esp8266-image', flashOffset: 0, flashMode: 'dout' }],
      problems: [],
    });
    const hurt = good.slice();
    hurt[0x1200] = (hurt[0x1200] ?? 0) ^ 1;
    expect((await problemsOf(hurt))[0]).toMatch(/^error: Image at 0x1000: The checksum at/);
    const hurtBoot = good.slice();
    hurtBoot[0x100] = (hurtBoot[0x100] ?? 0) ^ 1;
    expect((await problemsOf(hurtBoot))[0]).toMatch(/^error: Image at 0x0: The checksum at/);
  });

  it('cut in the application part says so', async () => {
    const bytes = arduinoEsp8266();
    expect((await problemsOf(bytes.subarray(0, bytes.length - 100)))[0]).toMatch(
      /^error: Image at 0x1000: The image is cut short/,
    );
  });

  it('without the application, or without the boot loader, say so', async () => {
    expect(await problemsOf(esp8266Image([{ address: 0x4010_f000, data: noise(0xe00) }]))).toEqual([
      'error: No application follows the image at 0x0: it is a boot loader alone, half of an image made of two files, or the file is cut short.',
    ]);
    expect(await problemsOf(esp8266App())).toEqual([
      'error: The application comes without its boot loader: it was linked for 0x1000, written to 0x0 the unit would not start.',
    ]);
    const v2 = await inspect(esp8266V2());
    expect(v2.parts[0]?.flashOffset).toBeUndefined();
    expect(v2.problems[0]?.text).toMatch(/^The application comes without its boot loader \(EA at 0x0\)/);
  });

  it('with a V2 application behind rboot are verified both', async () => {
    const rboot = esp8266Image([{ address: 0x4010_0000, data: noise(0x800) }]);
    const bytes = flash([
      [0, rboot],
      [0x2000, esp8266V2()],
    ]);
    expect(await inspect(bytes)).toMatchObject({ kind: 'esp8266-image', problems: [] });
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    expect((await problemsOf(bytes))[0]).toMatch(/^error: Image at 0x2000: The checksum/);
  });

  it('larger than the flash of their header are warned about', async () => {
    const bytes = arduinoEsp8266('', { sizeFreq: 0x10, flashBytes: 0x4_0000 });
    expect((await problemsOf(bytes)).at(-1)).toMatch(
      /^warning: The file has \d+ bytes, but its header speaks of a flash of 256 KiB/,
    );
  });
});

describe('merged ESP32 images', () => {
  const pieces = [
    [0x1000, esp32Bootloader()],
    [0x8000, partitionTable(USUAL_ROWS)],
    [0xe000, otadata(1)],
    [0x1_0000, esp32App({ project: 'lamp', version: '3' })],
  ] as const;

  it('from 0x0 give their parts and places', async () => {
    const file = await inspect(flash(pieces));
    expect(file).toMatchObject({ kind: 'esp32-merged', chip: 'ESP32', problems: [] });
    expect(file.title).toBe('ESP32 merged image from 0x0: ESP32 application lamp 3');
    expect(file.parts.map(({ kind, flashOffset, blank }) => [kind, flashOffset, blank ?? false])).toEqual([
      ['bootloader', 0x1000, false],
      ['partition-table', 0x8000, false],
      ['data', 0x9000, true],
      ['otadata', 0xe000, false],
      ['app', 0x1_0000, false],
    ]);
  });

  it('whose filler was cut start at 0x1000', async () => {
    const file = await inspect(flash(pieces).subarray(0x1000));
    expect(file.title).toBe('ESP32 merged image from 0x1000: ESP32 application lamp 3');
    expect(file.parts.map(({ flashOffset }) => flashOffset)).toEqual([
      0x1000, 0x8000, 0x9000, 0xe000, 0x1_0000,
    ]);
    expect(file.problems).toEqual([]);
  });

  it('of S3 and C3 have the boot loader at 0x0', async () => {
    for (const [chipId, name] of [
      [9, 'ESP32-S3'],
      [5, 'ESP32-C3'],
    ] as const) {
      const app = esp32App({}, { chipId, drom: 0x3c00_0020, entry: 0x4038_0000 });
      const file = await inspect(
        flash([
          [0, bootloaderAtZero(chipId)],
          [0x8000, partitionTable(USUAL_ROWS)],
          [0x1_0000, app],
        ]),
      );
      expect(file).toMatchObject({ kind: 'esp32-merged', chip: name, problems: [] });
      expect(file.parts[0]).toMatchObject({ kind: 'bootloader', flashOffset: 0 });
    }
  });

  it('with a table moved up are recognised', async () => {
    const rows = USUAL_ROWS.map((row) => ({ ...row, offset: row.offset + 0x1_0000 }));
    const file = await inspect(
      flash([
        [0x1000, esp32Bootloader()],
        [0x1_0000, partitionTable(rows)],
        [0x2_0000, esp32App()],
      ]),
    );
    expect(file.kind).toBe('esp32-merged');
    expect(file.parts[1]).toMatchObject({ kind: 'partition-table', flashOffset: 0x1_0000 });
  });

  it('with a safeboot in the factory partition name what starts', async () => {
    const rows = [
      { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 },
      { label: 'otadata', type: 1, subtype: 0, offset: 0xe000, size: 0x2000 },
      { label: 'safeboot', type: 0, subtype: 0, offset: 0x1_0000, size: 0xd_0000 },
      { label: 'app0', type: 0, subtype: 0x10, offset: 0xe_0000, size: 0x2d_0000 },
    ];
    const image = flash([
      [0x1000, esp32Bootloader()],
      [0x8000, partitionTable(rows)],
      [0xe000, otadata(1)],
      [0x1_0000, esp32App({ strings: '\u0000Tasmota\u0000safeboot\u0000tasmota\u0000' })],
      [0xe_0000, esp32App({ strings: '\u0000Tasmota 14.3.0(tasmota32)\u0000' })],
    ]);
    const file = await inspect(image);
    expect(file.product).toEqual({ name: 'Tasmota', version: '14.3.0', variant: 'tasmota32' });
    expect(file.parts.filter(({ kind }) => kind === 'app').map(({ product }) => product?.variant)).toEqual([
      'safeboot',
      'tasmota32',
    ]);
  });

  it('cut short, damaged or empty say so', async () => {
    const whole = flash(pieces);
    expect((await problemsOf(whole.subarray(0, 0x1_1000)))[0]).toMatch(
      /^error: Partition app0: The image is cut short/,
    );
    expect(await problemsOf(whole.subarray(0, 0xf000))).toEqual([
      'error: The file is cut short: it ends at 0xF000, before the application at 0x10000.',
    ]);
    const hurt = whole.slice();
    hurt[0x1_0100] = (hurt[0x1_0100] ?? 0) ^ 1;
    expect((await problemsOf(hurt))[0]).toMatch(/^error: Partition app0: The checksum/);
    const hurtBoot = whole.slice();
    hurtBoot[0x1100] = (hurtBoot[0x1100] ?? 0) ^ 1;
    expect((await problemsOf(hurtBoot))[0]).toMatch(/^error: Boot loader: The checksum/);
    const noApp = flash([...pieces.slice(0, 3), [0x1_0000, filled(64, 0xff)]]);
    expect(await problemsOf(noApp)).toEqual([
      'error: There is no application in app0 at 0x10000, which is the one that starts.',
    ]);
  });

  it('that hold the credentials of a unit are warned about', async () => {
    const nvs = new NvsBuilder()
      .namespace(1, 'nvs.net80211')
      .blob(1, 'sta.ssid', wifiSsidBlob('Werkbank'))
      .blob(1, 'sta.pswd', wifiPasswordBlob('streng-geheim'));
    const file = await inspect(flash([...pieces, [0x9000, nvs.build()]]));
    expect(file.problems.map(({ text: words }) => words)).toEqual([
      'This image holds the Wi-Fi credentials of a unit it was read from: do not give it to others.',
    ]);
  });
});

describe('small blocks', () => {
  it('a partition table belongs at 0x8000', async () => {
    const file = await inspect(partitionTable(USUAL_ROWS));
    expect(file).toMatchObject({ kind: 'esp32-partition-table', problems: [] });
    expect(file.parts).toMatchObject([{ kind: 'partition-table', flashOffset: 0x8000 }]);
    expect(file.partitionTable?.partitions).toHaveLength(5);
  });

  it('a table with more behind it is a piece of a flash', async () => {
    const bytes = flash([
      [0, partitionTable(USUAL_ROWS)],
      [0x1000, noise(0x1000)],
    ]);
    expect((await problemsOf(bytes))[0]).toMatch(/^error: More than the partition table/);
  });

  it('otadata belongs where the table says', async () => {
    const file = await inspect(otadata(1));
    expect(file).toMatchObject({ kind: 'esp32-otadata', problems: [], chip: undefined });
    expect(file.parts).toMatchObject([{ kind: 'otadata', flashOffset: undefined }]);
  });

  it('an NVS partition is settings, no firmware; its passwords stay hidden', async () => {
    const page = new NvsBuilder()
      .namespace(1, 'cfg')
      .string(1, 'ssid', 'Werkbank')
      .string(1, 'pass', 'streng-geheim');
    const file = await inspect(page.build());
    expect(file).toMatchObject({ kind: 'unknown', foreign: 'nvs' });
    expect(JSON.stringify({ ...file, content: undefined })).not.toContain('geheim');
    expect(file.facts[0]?.value).toBe('found: SSID "Werkbank", password (hidden), in NVS cfg');
  });
});

describe('what is no firmware', () => {
  it.each([
    ['empty', new Uint8Array()],
    ['blank', filled(5000, 0xff)],
    ['blank', filled(0x40_0000, 0)],
    ['zip', concatUint8Arrays([Uint8Array.of(0x50, 0x4b, 3, 4), noise(100)])],
    ['elf', concatUint8Arrays([Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), noise(100)])],
    ['uf2', concatUint8Arrays([text('UF2\n'), noise(100)])],
    ['pdf', text('%PDF-1.4')],
    ['html', text('<!DOCTYPE html><html>404</html>')],
    ['intel-hex', text(':020000040000FA\n')],
    ['json', text('{"a":1}')],
    ['text', text('esphome:\n  name: lamp\n')],
  ])('%s is named and refused', async (format, bytes) => {
    const file = await inspect(bytes);
    expect(file).toMatchObject({ kind: 'unknown', foreign: format, parts: [] });
    expect(file.problems[0]?.severity).toBe('error');
  });

  it('unknown content says what was seen', async () => {
    const file = await inspect(noise(1000));
    expect(file.kind).toBe('unknown');
    expect(file.facts[0]?.label).toBe('Starts with');
    expect((await inspect(concatUint8Arrays([Uint8Array.of(0xe9), noise(99)]))).problems[0]?.text).toMatch(
      /^It starts with 0xE9 as an ESP image does/,
    );
    expect((await inspect(noise(0x10_0000))).problems[0]?.text).toMatch(/^It is as large as a flash chip/);
  });
});
