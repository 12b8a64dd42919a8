import { describe, expect, it } from 'vitest';
import { readAppDescriptor, readBootloaderDescriptor } from '../../src/firmware/app-descriptor.ts';
import { mapsFlash, parseEspImage, verifies, type EspImage } from '../../src/firmware/esp-image.ts';
import {
  appDescriptor,
  bootloaderAtZero,
  esp32App,
  esp32Bootloader,
  esp32Image,
  esp8266App,
  esp8266V2,
  filled,
  noise,
  text,
  u32le,
} from './build-images.ts';
import { concatUint8Arrays } from 'uint8array-extras';

const parse = (bytes: Uint8Array, start = 0): EspImage => {
  const image = parseEspImage(bytes, start);
  if (image == null) throw new Error('no image was recognised');
  return image;
};
const errorsOf = (bytes: Uint8Array): string[] => parse(bytes).problems.map(({ text: words }) => words);

describe('an ESP32 image', () => {
  it('verifies with its checksum and SHA-256', () => {
    const bytes = esp32Bootloader({ mode: 3, sizeFreq: 0x1f, minRevision: 300, maxRevision: 399 });
    const image = parse(bytes);
    expect(verifies(image)).toBe(true);
    expect(image).toMatchObject({
      mode: 'dout',
      sizeBytes: 2 * 1024 * 1024,
      freqMHz: 80,
      minRevision: 300,
      maxRevision: 399,
      sha256: 'valid',
      end: bytes.length,
    });
    expect(image.chip?.name).toBe('ESP32');
  });

  it('is an application when a segment is mapped from flash, else a boot loader', () => {
    expect(mapsFlash(parse(esp32App()))).toBe(true);
    expect(mapsFlash(parse(esp32Bootloader()))).toBe(false);
  });

  it.each([
    ['ESP32-S2', 2, 0x3f00_0020, 0x4002_8000],
    ['ESP32-S3', 9, 0x3c00_0020, 0x4037_4000],
    ['ESP32-C3', 5, 0x3c00_0020, 0x4038_0000],
    ['ESP32-C2', 12, 0x3c00_0020, 0x4038_0000],
    ['ESP32-C6', 13, 0x4200_0020, 0x4080_0000],
    ['ESP32-H2', 16, 0x4200_0020, 0x4080_0000],
  ] as const)('for %s is told by chip number %d', (name, chipId, drom, entry) => {
    const image = parse(esp32App({}, { chipId, drom, entry }));
    expect(image.chip?.name).toBe(name);
    expect(mapsFlash(image)).toBe(true);
  });

  it('of S3 and C3 without mapped segments is a boot loader', () => {
    expect(mapsFlash(parse(bootloaderAtZero(9)))).toBe(false);
    expect(mapsFlash(parse(bootloaderAtZero(5)))).toBe(false);
  });

  it('of a chip that is not in the table says its number', () => {
    expect(errorsOf(esp32App({}, { chipId: 77 }))).toContain(
      'The image is for chip number 77, which benchflash does not know.',
    );
  });

  it('without the hash flag is checked by its checksum alone', () => {
    const image = parse(esp32App({}, { withHash: false }));
    expect(image.sha256).toBe('none');
    expect(verifies(image)).toBe(true);
  });

  it('with a flipped data bit has a wrong checksum and SHA-256', () => {
    const bytes = esp32App();
    bytes[2000] = (bytes[2000] ?? 0) ^ 0x10;
    const problems = errorsOf(bytes);
    expect(problems[0]).toMatch(/^The checksum at 0x[0-9A-F]+ is 0x.., but the segments add up to 0x..: /);
    expect(problems[1]).toBe(
      'The SHA-256 at the end of the image does not fit its content: the image is damaged.',
    );
  });

  it('with a changed header has a wrong SHA-256 only', () => {
    const bytes = esp32Bootloader();
    bytes[2] = 0;
    expect(parse(bytes).checksum).toMatchObject({ stored: parse(bytes).checksum?.computed });
    expect(parse(bytes).sha256).toBe('wrong');
  });

  it.each([30, 600, 2000, 5000])('cut at %d bytes says what it needs', (length) => {
    const bytes = esp32App().subarray(0, length);
    expect(errorsOf(bytes)[0]).toMatch(
      /^The image is cut short: it ends at 0x[0-9A-F]+ but needs at least 0x/,
    );
    expect(parse(bytes).truncated).toBe(true);
  });

  it('cut inside its SHA-256 is cut short', () => {
    const bytes = esp32App();
    expect(errorsOf(bytes.subarray(0, bytes.length - 1))[0]).toMatch(/^The image is cut short/);
  });

  it('with a broken second segment names it', () => {
    const bytes = esp32Image([
      { address: 0x3fff_0000, data: noise(64) },
      { address: 0x1234_5678, data: noise(64) },
    ]);
    expect(errorsOf(bytes)[0]).toMatch(/^Segment 2 of 2 at 0x60 is damaged: address 0x12345678, length 0x40/);
  });

  it('carries the application descriptor in its first mapped segment', () => {
    const bytes = esp32App({ project: 'lamp', version: 'v7', idf: 'v5.3' });
    expect(readAppDescriptor(bytes, parse(bytes))).toEqual({
      project: 'lamp',
      version: 'v7',
      idfVersion: 'v5.3',
      date: 'Jan  2 2024',
      time: '12:00:00',
      elfSha256: 'ab'.repeat(32),
    });
  });

  it('has escape sequences stripped from its descriptor texts', () => {
    const bytes = esp32App({ project: '\u001b[31mred\u001b[0m', version: 'a\nb' });
    expect(readAppDescriptor(bytes, parse(bytes))).toMatchObject({ project: 'red', version: 'a b' });
  });

  it('of an old build has no descriptor', () => {
    const bytes = esp32Image([{ address: 0x3f40_0020, data: noise(1024) }]);
    expect(readAppDescriptor(bytes, parse(bytes))).toBeUndefined();
  });

  it('of a newer boot loader carries the boot loader descriptor', () => {
    const descriptor = concatUint8Arrays([
      Uint8Array.of(0x50, 0, 0, 0),
      u32le(1),
      text('v5.2.1', 32),
      text('Apr 25 2023 00:13:32', 24),
      filled(16, 0),
    ]);
    const bytes = esp32Image([{ address: 0x3fff_0030, data: concatUint8Arrays([descriptor, noise(64)]) }]);
    expect(readBootloaderDescriptor(bytes, parse(bytes))).toEqual({
      version: 1,
      idfVersion: 'v5.2.1',
      dateTime: 'Apr 25 2023 00:13:32',
    });
  });
});

describe('an ESP8266 image', () => {
  it('verifies; the same size nibble means another size than on ESP32', () => {
    const bytes = esp8266App();
    const image = parse(bytes);
    expect(image.chip?.name).toBe('ESP8266');
    expect(verifies(image)).toBe(true);
    expect(image.sizeBytes).toBe(1024 * 1024);
    expect(image.end).toBe(bytes.length);
    expect(parse(esp32Bootloader({ sizeFreq: 0x20 })).sizeBytes).toBe(4 * 1024 * 1024);
  });

  it('in SDK v2 form leaves its flash segment out of the checksum', () => {
    const bytes = esp8266V2();
    const image = parse(bytes);
    expect(image.form).toBe('v2');
    expect(verifies(image)).toBe(true);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    expect(verifies(parse(bytes))).toBe(true);
    bytes[4096 + 16 + 20] = (bytes[4096 + 16 + 20] ?? 0) ^ 1;
    expect(verifies(parse(bytes))).toBe(false);
  });

  it('in SDK v2 form says when it does not go on behind its flash segment', () => {
    const bytes = esp8266V2();
    bytes[4096 + 16] = 0x55;
    expect(errorsOf(bytes)).toEqual([
      'Behind its flash segment, at 0x1010, the image does not go on: it is damaged.',
    ]);
  });
});

describe('what is no image header', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['too few bytes', Uint8Array.of(0xe9, 1, 0, 0)],
    ['a run of E9', filled(4096, 0xe9)],
    ['a run of EA', filled(4096, 0xea)],
    ['no segments', concatUint8Arrays([Uint8Array.of(0xe9, 0), filled(100, 0)])],
    ['a descriptor', appDescriptor({})],
    ['noise behind E9', concatUint8Arrays([Uint8Array.of(0xe9), noise(4096)])],
  ])('%s is not taken for one', (_, bytes) => {
    expect(parseEspImage(bytes)).toBeUndefined();
  });

  it('may stand at any offset, also beyond the end', () => {
    expect(parseEspImage(esp32App(), 100_000_000)).toBeUndefined();
  });
});
