import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { esp32Slots, esp8266Slots } from '../../flows/esp-serial/firmware-slots.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { miKeyRecords, readMiKeys } from '../../src/firmware/mi-keys.ts';
import { LYWSD03MMC, profileOf } from '../../src/firmware/telink-models.ts';
import { readTelinkUnit } from '../../src/firmware/telink-unit.ts';
import { filled, noise } from './build-images.ts';
import { MI_SECRET, pvvxImage, telinkFlash, telinkImage, zigbeeOta } from './build-telink.ts';
import { dataFile, hasTelinkFiles, TELINK_FILES } from './real-files.ts';

const inspect = (bytes: Uint8Array) => inspectBytes('file', bytes);
const errors = async (bytes: Uint8Array): Promise<string> =>
  (await inspect(bytes)).problems
    .filter(({ severity }) => severity === 'error')
    .map(({ text }) => text)
    .join(' ');
const fact = async (bytes: Uint8Array, label: string) =>
  (await inspect(bytes)).facts.find((one) => one.label === label)?.value;

describe('a Telink image', () => {
  it.each([
    ['stock 1.0.0_0130 for LYWSD03MMC', telinkImage()],
    ['stock 2.0.0_0026 for MJWSD05MMC', telinkImage({ strings: '\x000026\0\0MJWSD05MMC\0..2.0.0_\0' })],
    ['pvvx 5.8 for LYWSD03MMC', pvvxImage()],
    ['pvvx 5.8 for CGG1', pvvxImage(2)],
    ['pvvx 5.8 for an unknown Telink device', pvvxImage(60)],
    ['atc1441 for LYWSD03MMC', telinkImage({ strings: 'ATC_000000\0' })],
    ['unknown firmware for an unknown Telink device', telinkImage({ strings: 'something else' })],
    [
      'Zigbee 0139 for LYWSD03MMC',
      telinkImage({ strings: 'ZigBeeAlliance09\0LYWSD03MMC-z\0', fileVersion: 0x0139_3001 }),
    ],
  ])('%s', async (title, bytes) => {
    const file = await inspect(bytes);
    expect(file).toMatchObject({ kind: 'telink-image', title, chip: undefined });
    expect(file.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(file.parts).toMatchObject([{ kind: 'telink-image', flashOffset: 0 }]);
  });

  it('that is cut, damaged, switched off or too large is refused with the reason', async () => {
    expect(await errors(telinkImage().subarray(0, 0x800))).toMatch(/is cut: its header says 4100 bytes/);
    const damaged = telinkImage();
    damaged[0x800] = 0;
    expect(await errors(damaged)).toMatch(/CRC-32 of the image is wrong/);
    expect(await errors(telinkImage({ switchedOff: true }))).toMatch(/^The image is switched off/);
    expect(await errors(telinkImage({ sizeBytes: 0x1008 }))).toMatch(/16 n \+ 4/);
    expect(await errors(telinkImage({ sizeBytes: 0x5_0004 }))).toMatch(/larger than the 316 KiB/);
  });

  it('larger than a bank goes by wire only', async () => {
    const file = await inspect(telinkImage({ sizeBytes: 0x2_0004 }));
    expect(file.telink?.fitsOta).toBe(false);
    expect(file.problems).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('128 KiB') as string },
    ]);
  });

  it('with the maker’s signature behind it; its part is the bare image', async () => {
    const signature = [0, 0, 0, 0, 0x4d, 0x49, 0xef, 0x54, 0x46, 0x4f, 0x54, 0x41, 1, 2, 3];
    const file = await inspect(concatUint8Arrays([telinkImage(), Uint8Array.from(signature)]));
    expect(file).toMatchObject({ problems: [], telink: { isSigned: true, imageBytes: 0x1004 } });
    expect(file.parts[0]).toMatchObject({ signed: true });
    expect(file.parts[0]?.bytes.length).toBe(0x1004);
  });

  it('with something glued to it is warned of', async () => {
    const file = await inspect(concatUint8Arrays([telinkImage(), noise(100)]));
    expect(file.problems).toMatchObject([
      { severity: 'warning', text: expect.stringMatching(/^100 bytes follow/) as string },
    ]);
  });

  it('in a Zigbee update file is told from its bare form, and the header stripped', async () => {
    const image = pvvxImage();
    const file = await inspect(zigbeeOta(image));
    expect(file).toMatchObject({
      kind: 'telink-zigbee-ota',
      title: 'pvvx 5.8 for LYWSD03MMC, in a Zigbee OTA file',
      problems: [],
    });
    expect(file.parts[0]?.bytes).toEqual(image);
    expect(await errors(zigbeeOta(image, 0x100b))).toMatch(/no Telink image/);
    expect(await errors(zigbeeOta(image).subarray(0, 2000))).toMatch(/is cut/);
  });

  it('is refused by the ESP flows, by what it is for', async () => {
    for (const bytes of [telinkImage(), telinkFlash(), zigbeeOta(pvvxImage())]) {
      const file = await inspect(bytes);
      for (const slot of [...esp32Slots('ESP32'), ...esp8266Slots()])
        expect(slot.refuses(file)).toMatch(
          /is for thermometers with a Telink chip \(TLSR825x\)\. It is not for an ESP/,
        );
    }
  });
});

describe('a whole flash', () => {
  it('says whose it is, what runs, and that keys are in it, never which', async () => {
    const file = await inspect(gzipSync(telinkFlash()));
    expect(file).toMatchObject({
      kind: 'telink-full-flash',
      title: 'full flash of LYWSD03MMC a4:c1:38:01:02:03, 512 KiB, runs stock 1.0.0_0130 (gzip)',
      problems: [],
      compressed: true,
      telink: {
        unit: { mac: 'a4:c1:38:01:02:03', revision: 'B1.4', trim: 0x60, keys: 'found', isBound: true },
      },
      backup: { runs: 'stock 1.0.0_0130', secrets: [expect.stringContaining('bind key')], blankData: false },
    });
    expect(JSON.stringify({ ...file, content: undefined, parts: [] })).not.toContain(MI_SECRET);
    expect(file.facts.find(({ label }) => label === 'Mi keys')?.value).toBe('found (hidden)');
  });

  it('runs the bank that is switched on', async () => {
    const banks = [
      [0, telinkImage({ switchedOff: true })],
      [0x2_0000, pvvxImage()],
    ] as const;
    const file = await inspect(telinkFlash({ banks }));
    expect(file).toMatchObject({ title: expect.stringContaining('runs pvvx 5.8') as string, problems: [] });
    expect(file.starts?.flashOffset).toBe(0x2_0000);
    expect(file.parts).toHaveLength(2);
    expect(file.parts[0]?.damaged).toBeUndefined();
  });

  it.each([
    ['deleted', 'no'],
    ['none', 'no'],
    ['bound', 'yes'],
  ] as const)('with keys %s is bound: %s', async (keys, bound) => {
    expect(await fact(telinkFlash({ keys }), 'Bound to an account')).toBe(bound);
  });

  it('of the wrong size, or without a MAC', async () => {
    expect(await errors(concatUint8Arrays([telinkFlash(), filled(0x8_0000, 0xff)]))).toMatch(/has 512 KiB/);
    const erased = telinkFlash();
    erased.fill(0xff, 0x7_6000, 0x7_6010);
    expect((await inspect(erased)).problems).toMatchObject([{ severity: 'warning' }]);
  });
});

describe('Mi keys', () => {
  it('the last record of a kind counts, and a deleted one is none', () => {
    const record = (id: number, fill: number) => [id, 0, 28, ...filled(28, fill)];
    const area = Uint8Array.from([...record(0, 1), ...record(0x10, 2), ...record(0x10, 3), 0xff, 0xff, 0xff]);
    expect(miKeyRecords(area).map(({ id }) => id)).toEqual([0, 0x10, 0x10]);
    expect(readMiKeys(area)).toEqual({ token: filled(12, 3), bindKey: filled(16, 3) });
    expect(readMiKeys(area.subarray(0, 40))).toEqual({});
    expect(readMiKeys(filled(100, 0xff))).toEqual({});
  });
});

describe('models', () => {
  it('the profile keeps what is unique out of every bank', () => {
    const end = Math.max(...LYWSD03MMC.banks.slice(0, 2).map(({ offset, length }) => offset + length));
    for (const { offset } of LYWSD03MMC.unique) expect(offset).toBeGreaterThanOrEqual(end);
    expect(profileOf('LYWSD03MMC')).toBe(LYWSD03MMC);
  });

  it('a sibling is named and has no profile: MODEL_WITHOUT_PROFILE', () => {
    expect(() => profileOf('CGG1')).toThrow(
      expect.objectContaining({ code: 'MODEL_WITHOUT_PROFILE', detail: { model: 'CGG1' } }) as Error,
    );
  });

  it('a CGG1 keeps its MAC in the order it is read', () => {
    const mac = Uint8Array.of(0x58, 0x2d, 0x34, 1, 2, 3);
    const bytes = (offset: number, length: number) =>
      offset === 0x7_6000 ? mac.subarray(0, length) : filled(length, 0xff);
    expect(readTelinkUnit(bytes, 'CGG1').mac).toBe('58:2d:34:01:02:03');
    expect(readTelinkUnit(bytes, 'LYWSD03MMC').mac).toBe('03:02:01:34:2d:58');
  });
});

const EXPECTED: readonly (readonly [name: string, kind: string, title: string])[] = [
  ['1141-020a-99993001-ATC_v58.zigbee', 'telink-zigbee-ota', 'pvvx 5.8 for LYWSD03MMC, in a Zigbee OTA file'],
  ['ATC_Thermometer.bin', 'telink-image', 'atc1441 for LYWSD03MMC'],
  ['ATC_v58.bin', 'telink-image', 'pvvx 5.8 for LYWSD03MMC'],
  ['BTH_v58.bin', 'telink-image', 'pvvx 5.8 for MJWSD05MMC'],
  ['CGG1_v58.bin', 'telink-image', 'pvvx 5.8 for CGG1'],
  [
    'FullFlash_MHO-C401_v1.0.0_0010.bin.gz',
    'telink-full-flash',
    'full flash of MHO-C401 a4:c1:38:56:58:70, 512 KiB, runs stock 1.0.0_0010 (gzip)',
  ],
  ['MHO_C401_v58.bin', 'telink-image', 'pvvx 5.8 for MHO-C401'],
  [
    'MJWSD05MMC_ff.bin.gz',
    'telink-full-flash',
    'full flash of MJWSD05MMC a4:c1:38:c8:a3:84, 512 KiB, runs stock 2.0.0_0026 (gzip)',
  ],
  ['Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0109.bin', 'telink-image', 'stock 1.0.0_0109 for LYWSD03MMC'],
  ['Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0130.bin', 'telink-image', 'stock 1.0.0_0130 for LYWSD03MMC'],
  ['Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159_B1.6.bin', 'telink-image', 'stock 2.1.1_0159 for LYWSD03MMC'],
  ['Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159c.bin', 'telink-image', 'stock 2.1.1_0159 for LYWSD03MMC'],
  ['Original_OTA_Xiaomi_MHO_C401_v1.0.0_0016.bin', 'telink-image', 'stock 1.0.0_0016 for MHO-C401'],
  ['Original_OTA_Xiaomi_MJWSD05MMC_v2.0.0_0026.bin', 'telink-image', 'stock 2.0.0_0026 for MJWSD05MMC'],
  [
    'Original_full_flash_Xiaomi_LYWSD03MMC.bin.gz',
    'telink-full-flash',
    'full flash of LYWSD03MMC a4:c1:38:0b:5e:ed, 512 KiB, runs stock 1.0.0_0106 (gzip)',
  ],
  ['Z03MMC_v0139.bin', 'telink-image', 'Zigbee 0139 for LYWSD03MMC'],
  [
    'ff_cgg1_1.0.1_0093.bin.gz',
    'telink-full-flash',
    'full flash of CGG1 58:2d:34:11:c3:b2, 512 KiB, runs stock 1.0.1_0093 (gzip)',
  ],
];

describe.skipIf(!hasTelinkFiles)('the real files (needs ../shared/data)', () => {
  it('are all here', () => {
    expect(EXPECTED.map(([name]) => `telink/firmware/${name}`)).toEqual([...TELINK_FILES]);
    expect(TELINK_FILES.every((name) => existsSync(dataFile(name)))).toBe(true);
  });

  it.each(EXPECTED)('%s', async (name, kind, title) => {
    const file = await inspectBytes(name, readFileSync(dataFile(`telink/firmware/${name}`)));
    expect(file).toMatchObject({ kind, title });
    expect(file.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(file.telink?.isSigned).toBe(name.includes('0159c'));
    expect(file.telink?.fitsOta).toBe(!/Z03MMC|MJWSD05MMC_(ff|v2)/.test(name));
  });

  it('the dump of a B1.4', async () => {
    const name = 'telink/firmware/Original_full_flash_Xiaomi_LYWSD03MMC.bin.gz';
    expect((await inspectBytes(name, readFileSync(dataFile(name)))).telink?.unit).toEqual({
      mac: 'a4:c1:38:0b:5e:ed',
      hardware: 'B1.4F1.0-CFMK-LB-ZCXTJ--',
      revision: 'B1.4',
      trim: 0x60,
      keys: 'none',
      isBound: false,
    });
  });
});
