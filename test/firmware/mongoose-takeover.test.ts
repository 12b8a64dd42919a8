import { createHash } from 'node:crypto';
import { concatUint8Arrays } from 'uint8array-extras';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/firmware/esp-crc.ts';
import { parseEspImage, v2Crc } from '../../src/firmware/esp-image.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { withTakeoverUrl } from '../../src/firmware/mongoose-takeover.ts';
import { readMongooseZip } from '../../src/firmware/mongoose-zip.ts';
import { esp8266V2, filled, noise, text, u32le } from './build-images.ts';
import { mongooseFw, mongooseZip } from './build-mongoose.ts';

const DEFAULT_URL = 'https://ota.tasmota.com/tasmota/release/tasmota.bin';
const OURS = 'http://10.1.0.2:8080/a1b2c3/tasmota.bin';
const inspect = (bytes: Uint8Array) => inspectBytes('x.zip', bytes);
const fwWithUrl = (url = DEFAULT_URL) => mongooseFw(`mg2x\0${url}`);
const settings = (json: string) => concatUint8Arrays([noise(512, 31), text(json), filled(512, 0xff)]);
const entry = (zip: Uint8Array, name: string) =>
  readMongooseZip(zip).entries.find((candidate) => candidate.name === name)?.bytes ?? new Uint8Array();

async function expectSound(bytes: Uint8Array): Promise<void> {
  const file = await inspect(bytes);
  expect(file.problems).toEqual([]);
  expect(file.mongoose).toMatchObject({ role: 'takeover', targetUrl: OURS });
}

describe('another target for a takeover', () => {
  it('is put into the firmware: same lengths, every checksum renewed', async () => {
    const zip = mongooseZip({ fw: fwWithUrl() });
    expect((await inspect(zip)).mongoose).toMatchObject({ targetUrl: DEFAULT_URL, targetRoomBytes: 51 });
    const patched = withTakeoverUrl(zip, OURS);
    expect(patched.was).toBe(DEFAULT_URL);
    expect(patched.bytes).toHaveLength(zip.length);
    expect(patched.sha256).toBe(createHash('sha256').update(patched.bytes).digest('hex'));
    expect(patched.changes).toHaveLength(3);
    await expectSound(patched.bytes);
    const fw = new TextDecoder('latin1').decode(entry(patched.bytes, 'shelly-plug-s.bin'));
    expect(fw).toContain(`\0${OURS}${'\0'.repeat(DEFAULT_URL.length - OURS.length + 1)}`);
    // The given archive is left as it was.
    expect((await inspect(zip)).mongoose?.targetUrl).toBe(DEFAULT_URL);
  });

  it.each([
    ['close', `{"mg2x":{"url":"${DEFAULT_URL}"}}`],
    ['with blanks', `{"mg2x": {"url": "${DEFAULT_URL}"   , "x": 1}}`],
  ])('is put into the settings, which stay JSON: %s', async (_name, json) => {
    const patched = withTakeoverUrl(mongooseZip({ fs: settings(json) }), OURS);
    await expectSound(patched.bytes);
    const fs = entry(patched.bytes, 'fs.bin').subarray(512, -512);
    expect(JSON.parse(new TextDecoder().decode(fs))).toMatchObject({ mg2x: { url: OURS } });
  });

  it('is put into both, where both name the same', async () => {
    const json = `{"mg2x":{"url":"${DEFAULT_URL}"}}`;
    const patched = withTakeoverUrl(mongooseZip({ fw: fwWithUrl(), fs: settings(json) }), OURS);
    await expectSound(patched.bytes);
    expect(new TextDecoder('latin1').decode(patched.bytes)).not.toContain(DEFAULT_URL);
  });

  it('may be put a second time', async () => {
    const longer = withTakeoverUrl(
      mongooseZip({ fw: fwWithUrl() }),
      `http://10.1.0.3:8080/${'a'.repeat(20)}.bin`,
    );
    await expectSound(withTakeoverUrl(longer.bytes, OURS).bytes);
    const json = `{"mg2x":{"url":"${DEFAULT_URL}"}}`;
    const short = withTakeoverUrl(mongooseZip({ fs: settings(json) }), 'http://a/t.bin').bytes;
    await expectSound(withTakeoverUrl(short, OURS).bytes);
  });

  it('renews the CRC-32 of a v2 image', async () => {
    const base = esp8266V2();
    base.set(text(`\0${DEFAULT_URL}\0`), 100);
    const fw = concatUint8Arrays([base, u32le(v2Crc(base))]);
    const patched = withTakeoverUrl(mongooseZip({ fw }), OURS);
    await expectSound(patched.bytes);
    expect(parseEspImage(entry(patched.bytes, 'shelly-plug-s.bin'))?.hasCrc32).toBe(true);
  });

  it('keeps the CRC-32 of every entry in both headers', () => {
    const patched = withTakeoverUrl(mongooseZip({ fw: fwWithUrl() }), OURS).bytes;
    const { entries, faults } = readMongooseZip(patched);
    expect(faults).toEqual([]);
    for (const { bytes, centralOffset = 0 } of entries) {
      const stored = new DataView(patched.buffer, patched.byteOffset).getUint32(centralOffset + 16, true);
      expect(stored).toBe(crc32(bytes));
    }
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ['too long', mongooseZip({ fw: fwWithUrl() }), `http://10.1.0.2/${'a'.repeat(40)}.bin`, /room for 51/],
    ['not http', mongooseZip({ fw: fwWithUrl() }), 'https://10.1.0.2/t.bin', /no plain http/],
    ['not found', mongooseZip(), OURS, /no URL of a target stands alone/],
    [
      'ambiguous',
      mongooseZip({ fw: mongooseFw(`${DEFAULT_URL}\0https://other.example/x.bin`) }),
      OURS,
      /more than one URL/,
    ],
    ['within other text', mongooseZip({ fw: mongooseFw(`see ${DEFAULT_URL}`) }), OURS, /no URL/],
    [
      'settings in two pieces',
      mongooseZip({ fw: fwWithUrl(), fs: settings('{"mg2x":{"url":"https://ota.tasm') }),
      OURS,
      /in one piece/,
    ],
    [
      'random firmware',
      mongooseZip({ fw: concatUint8Arrays([noise(64, 1), text(`\0${DEFAULT_URL}\0`)]) }),
      OURS,
      /no ESP8266 image/,
    ],
    ['damaged archive', mongooseZip({ fw: fwWithUrl() }).subarray(0, -40), OURS, /has a fault/],
  ])('is refused: %s', (_name, zip, url, message) => {
    expect(() => withTakeoverUrl(zip, url)).toThrow(message);
    expect(() => withTakeoverUrl(zip, url)).toThrow(
      expect.objectContaining({ code: 'FIRMWARE_REFUSED' }) as Error,
    );
  });

  it('of any length that fits gives a sound archive', async () => {
    const zip = mongooseZip({ fw: fwWithUrl() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 51 - 'http://h/.bin'.length }), async (length) => {
        const url = `http://h/${'x'.repeat(length)}.bin`;
        const file = await inspect(withTakeoverUrl(zip, url).bytes);
        expect(file.problems).toEqual([]);
        expect(file.mongoose?.targetUrl).toBe(url);
      }),
    );
  });
});
