import fc from 'fast-check';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { parseTasmotaSettings } from '../../src/firmware/tasmota-settings.ts';
import { filled, noise, text, u16le, u32le } from './build-images.ts';

const PASSWORD = 'streng-geheim';

/** Written from the description, bit by bit, and not with the code under test. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const hidden = (plain: Uint8Array, from = 0): Uint8Array =>
  plain.map((byte, index) => (index < 2 ? byte : byte ^ ((0x5a + from + index) & 0xff)));

function settings({ version = 0x0902_0000, chip = 0, bytes = 4096 } = {}): Uint8Array {
  const plain = noise(bytes, 41);
  plain.set(concatUint8Arrays([u16le(4617), u16le(bytes), u32le(7), u32le(version)]));
  plain.set(text(`Werkbank\0${PASSWORD}\0`), 0x17);
  if (bytes === 4096) {
    plain[0xf36] = chip;
    plain.set(u32le(crcOf(plain.subarray(0, -4))), 4092);
    return plain;
  }
  const sum = plain.reduce(
    (total, byte, index) => (index === 14 || index === 15 ? total : total + byte * (index + 1)),
    0,
  );
  plain.set(u16le(sum & 0xffff), 14);
  return plain;
}

function withFiles(from: number, plain = settings()): Uint8Array {
  const files = concatUint8Arrays([
    ...[text('/.drvset012', 14), u16le(20), noise(20, 42), filled(12, 0)],
    ...[text('/.drvset027', 14), u16le(16), noise(16, 43), filled(16, 0)],
  ]);
  const payload = concatUint8Arrays([plain, files]);
  return concatUint8Arrays([text('/.settings', 14), u16le(payload.length + 16), hidden(payload, from)]);
}

describe('a settings backup of Tasmota', () => {
  it('is made readable', () => {
    const plain = settings();
    expect(parseTasmotaSettings(hidden(plain))).toEqual({
      form: 'bare',
      version: 0x0902_0000,
      versionText: '9.2.0',
      chip: 'ESP8266',
      isSound: true,
      saveCount: 7,
      settings: plain,
      files: [],
    });
  });

  it.each([
    [1, 'ESP32'],
    [4, 'ESP32-C3'],
    [7, 'ESP32-P4'],
    [77, 'unknown'],
  ])('chip family %d is %s', (chip, name) => {
    expect(parseTasmotaSettings(hidden(settings({ chip })))?.chip).toBe(name);
  });

  it('before 6.6.0.11 has a sum instead of a CRC-32', () => {
    const old = settings({ version: 0x0605_0000, bytes: 3584 });
    expect(parseTasmotaSettings(hidden(old))).toMatchObject({ versionText: '6.5.0', isSound: true });
    old[100] = (old[100] ?? 0) ^ 1;
    expect(parseTasmotaSettings(hidden(old))?.isSound).toBe(false);
  });

  it.each([0, 16])('with files, counted from %d', (from) => {
    const backup = parseTasmotaSettings(withFiles(from));
    expect(backup).toMatchObject({
      form: 'with-files',
      isSound: true,
      files: ['/.drvset012', '/.drvset027'],
    });
    expect(backup?.settings).toEqual(settings());
  });

  it('with files cut anywhere is not sound', () => {
    const whole = withFiles(0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length - 1 }), (length) => {
        expect(parseTasmotaSettings(whole.subarray(0, length))?.isSound ?? false).toBe(false);
      }),
    );
  });

  it('with one bit flipped is not sound', () => {
    const whole = hidden(settings());
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4095 }), fc.nat(7), (at, bit) => {
        const flipped = Uint8Array.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(parseTasmotaSettings(flipped)?.isSound ?? false).toBe(false);
      }),
    );
  });

  it('nothing else is one', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(parseTasmotaSettings(noise(4096, seed))?.isSound ?? false).toBe(false);
      }),
    );
  });
});

describe('inspect', () => {
  it('says what it is, and no secret of it', async () => {
    const file = await inspectBytes('Config_tasmota.dmp', hidden(settings()));
    expect(file).toMatchObject({
      kind: 'tasmota-settings',
      chip: 'ESP8266',
      title: 'Settings backup of Tasmota 9.2.0 (ESP8266)',
      problems: [],
    });
    expect(JSON.stringify(file.facts)).not.toContain(PASSWORD);
  });

  it('refuses one that is damaged', async () => {
    const damaged = hidden(settings());
    damaged[3000] = (damaged[3000] ?? 0) ^ 1;
    expect((await inspectBytes('x.dmp', damaged)).problems[0]?.text).toMatch(/must not be restored/);
  });
});
