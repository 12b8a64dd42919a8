import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { inspectBytes, type InspectedFile } from '../../src/firmware/inspect.ts';
import { patchedCopy } from '../../src/firmware/patched-copy.ts';
import { fitsPath, FLASH_PATHS, type FlashPath, type PathUnit } from '../../src/firmware/path-rules.ts';
import { shellyModelOfType } from '../../src/firmware/shelly-models.ts';
import { arduinoEsp8266, esp8266V2, esp32App, filled, noise, text, u32le } from './build-images.ts';
import { mongooseZip } from './build-mongoose.ts';
import { dataFile, hasRealFiles } from './real-files.ts';

const MIB = 0x10_0000;
const MARKER = Uint8Array.of(0xa5, 0x5a, 0xa5, 0x5a, 0, 0, 2, 9, 0x5a, 0xa5, 0x5a, 0xa5);
const inspect = (bytes: Uint8Array, name = 'firmware.bin') => inspectBytes(name, bytes);
const errorsOf = (file: InspectedFile, path: FlashPath, unit: PathUnit = {}) =>
  fitsPath(file, path, unit)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ text: words }) => words);

/** An Arduino image of so many bytes. */
const image = (bytes = 0x2_0000, options: { mode?: number; sizeFreq?: number } = {}, strings = '') => {
  const empty = arduinoEsp8266(strings, { ...options, flashBytes: 4 }).length - 4;
  const whole = arduinoEsp8266(strings, { ...options, flashBytes: bytes - empty - 16 });
  return concatUint8Arrays([whole, filled(bytes - whole.length, 0xff)]);
};
const minimal = () => image(0x2_0000, {}, 'Tasmota\0minimal\0tasmota\0ota.tasmota.com');

/** The patched copy, and that it then fits without another word. */
async function expectPatched(file: InspectedFile, path: FlashPath, unit: PathUnit): Promise<InspectedFile> {
  const { patch, problems } = fitsPath(file, path, unit);
  expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
  if (patch == null) throw new Error('no patch is offered');
  const copy = patchedCopy(file, patch.changes);
  expect(copy.changes).toEqual(patch.words);
  const patched = await inspect(copy.bytes, copy.name);
  expect(patched.sha256).toBe(copy.sha256);
  expect(errorsOf(patched, path, unit)).toEqual([]);
  return patched;
}

describe('what may go which way', () => {
  it('a full Arduino image for 1 MiB goes every way', async () => {
    const file = await inspect(image());
    expect(file.sizeBytes).toBe(0x2_0000);
    const unit: PathUnit = { flashSizeBytes: MIB, needsDout: true };
    for (const path of FLASH_PATHS) expect(fitsPath(file, path, unit)).toEqual({ problems: [] });
  });

  it.each<[FlashPath, number]>([
    ['sonoff-diy', 520_192],
    ['takeover', 524_288],
    ['tuya', 524_288],
  ])('%s takes %d bytes and not one more', async (path, limit) => {
    expect(errorsOf(await inspect(image(limit)), path)).toEqual([]);
    expect(errorsOf(await inspect(image(limit + 1)), path)[0]).toMatch(/takes at most/);
  });

  it.each(FLASH_PATHS)('never minimal as the last image: %s', async (path) => {
    expect(errorsOf(await inspect(minimal()), path)[0]).toMatch(
      /as the last image it leaves the unit out of reach/,
    );
  });

  it('minimal as the first of two uploads', async () => {
    expect(errorsOf(await inspect(minimal()), 'tasmota-upload', { isIntermediate: true })).toEqual([]);
    expect(errorsOf(await inspect(minimal()), 'takeover', { isIntermediate: true })).toHaveLength(1);
  });

  it('gzip only where something unpacks it', async () => {
    const file = await inspect(gzipSync(image()));
    for (const path of ['sonoff-diy', 'takeover', 'tuya'] as const)
      expect(errorsOf(file, path)[0]).toMatch(/nothing would unpack it/);
    expect(errorsOf(file, 'tasmota-upload', { runningVersion: '8.2.0(lite)' })).toEqual([]);
    expect(errorsOf(file, 'tasmota-upload', { runningVersion: '8.1.0(lite)' })[0]).toMatch(/no gzip/);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an ESP32 application', esp32App(), /is no ESP8266 image/],
    ['an archive', mongooseZip(), /is no ESP8266 image/],
    ['a lone application', esp8266V2(), /without its boot loader/],
    ['a cut image', image().subarray(0, 0x8000), /cut short/],
    ['a web page', text('<html>'), /web page/],
  ])('%s goes no way', async (_name, bytes, reason) => {
    for (const path of FLASH_PATHS) expect(errorsOf(await inspect(bytes), path)[0]).toMatch(reason);
  });

  it('a stub bricks through the takeover', async () => {
    const stub = await inspect(image(0x6000));
    expect(errorsOf(stub, 'takeover')[0]).toMatch(/bricks the unit with 32768 or fewer/);
    const shelly1 = shellyModelOfType('SHSW-1');
    expect(errorsOf(stub, 'takeover', { ...(shelly1 && { model: shelly1 }) })).toEqual([]);
    expect(fitsPath(stub, 'tuya').problems[0]).toMatchObject({ severity: 'warning' });
  });

  it('free space of Tasmota counts in whole sectors, less one', async () => {
    const file = await inspect(image(0x2_0000));
    expect(errorsOf(file, 'tasmota-upload', { freeBytes: 0x2_1000 })).toEqual([]);
    expect(errorsOf(file, 'tasmota-upload', { freeBytes: 0x2_0fff })[0]).toMatch(/room for 126976/);
  });
});

describe('patched copies', () => {
  it('of a header that claims too much', async () => {
    const file = await inspect(image(0x2_0000, { sizeFreq: 0x4f }), 'dir/tasmota.bin');
    const patched = await expectPatched(file, 'sonoff-diy', { flashSizeBytes: MIB });
    expect(patched.path).toBe('tasmota.patched.bin');
    expect(patched.content[3]).toBe(0x2f);
    expect(file.content[3]).toBe(0x4f);
  });

  it('of a flash mode that an ESP8285 does not start', async () => {
    const file = await inspect(image(0x2_0000, { mode: 2 }));
    const patched = await expectPatched(file, 'takeover', { needsDout: true });
    expect(patched.parts[0]?.flashMode).toBe('dout');
    // The updater of Tasmota puts the running mode into a plain image by itself.
    expect(errorsOf(file, 'tasmota-upload', { needsDout: true })).toEqual([]);
  });

  it('of a gzip file: unpacked, changed, packed anew', async () => {
    const file = await inspect(gzipSync(image(0x2_0000, { mode: 2, sizeFreq: 0x40 })), 'x.bin.gz');
    const patched = await expectPatched(file, 'tasmota-upload', { needsDout: true, flashSizeBytes: MIB });
    expect(patched.path).toBe('x.patched.bin.gz');
    expect(patched.compressed).toBe(true);
    expect([...patched.content.subarray(2, 4)]).toEqual([3, 0x20]);
    expect(patched.content.subarray(4)).toEqual(file.content.subarray(4));
  });

  it.each(['7.1.2.6', '9.5.0(tasmota)'])(
    'with the marker that Tasmota %s asks for',
    async (runningVersion) => {
      const file = await inspect(image());
      const patched = await expectPatched(file, 'tasmota-upload', { runningVersion });
      expect(patched.esp8266?.tasmotaMarker).toEqual({ offset: 0x2_0000, version: 0xffff_ffff });
    },
  );

  it.each(['7.1.2', '10.0.0', '14.3.0(tasmota)'])(
    'without it where Tasmota %s does not ask',
    async (runningVersion) => {
      expect(errorsOf(await inspect(image()), 'tasmota-upload', { runningVersion })).toEqual([]);
    },
  );

  it('with a marker where the only one is not aligned', async () => {
    const file = await inspect(concatUint8Arrays([image(), filled(1, 0xff), MARKER]));
    const unit = { runningVersion: '9.2.0' };
    expect(errorsOf(file, 'tasmota-upload', unit)[0]).toMatch(/stands at 0x20001, which is no multiple of 4/);
    await expectPatched(file, 'tasmota-upload', unit);
    expect(errorsOf(file, 'tasmota-upload', { ...unit, ignoresMarker: true })).toEqual([]);
  });

  it('never where the marker would make it too large', async () => {
    const file = await inspect(image(0x2_0000));
    const unit = { runningVersion: '9.2.0', freeBytes: 0x2_1000 };
    expect(errorsOf(file, 'tasmota-upload', unit)).toHaveLength(1);
    expect(fitsPath(file, 'tasmota-upload', unit).patch).toBeUndefined();
  });

  it('never of what is signed', async () => {
    const signed = await inspect(
      concatUint8Arrays([arduinoEsp8266('', { sizeFreq: 0x40 }), noise(256, 3), u32le(256)]),
    );
    const verdict = fitsPath(signed, 'tuya', { flashSizeBytes: MIB });
    expect(verdict.problems.some(({ severity }) => severity === 'error')).toBe(true);
    expect(verdict.patch).toBeUndefined();
    expect(() => patchedCopy(signed, { headerFlashSizeBytes: MIB })).toThrow(/signed/);
    expect(() => patchedCopy(signed, { tasmotaMarker: true })).toThrow(/signed/);
  });

  it('never of something else wrong at the same time', async () => {
    const file = await inspect(image(520_193, { sizeFreq: 0x40 }));
    expect(fitsPath(file, 'sonoff-diy', { flashSizeBytes: MIB }).patch).toBeUndefined();
  });
});

describe('inspect', () => {
  it('says of each way whether the image fits', async () => {
    const fits = (file: InspectedFile) =>
      file.facts.filter(({ label }) => label.startsWith('Fits')).map(({ value }) => value.split('.')[0]);
    expect(fits(await inspect(image()))).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(fits(await inspect(image(0x2_0000, { sizeFreq: 0x40 })))).toEqual(
      Array(4).fill('as a patched copy'),
    );
    expect(fits(await inspect(minimal()))).toEqual([
      'only as the first of two: the full image must follow',
      ...Array<string>(3).fill('no'),
    ]);
    expect(fits(await inspect(esp8266V2()))).toEqual([]);
  });
});

describe.skipIf(!hasRealFiles)('real plug images (skipped where ../shared/data is missing)', () => {
  const plug = async (name: string) =>
    inspect(Uint8Array.from(readFileSync(dataFile(`plugs/${name}`))), name);
  const unit: PathUnit = { flashSizeBytes: MIB, needsDout: true, runningVersion: '9.2.0(lite)' };

  it.each<[string, Partial<Record<FlashPath, RegExp>>]>([
    ['tasmota-lite-9.2.0.bin', {}],
    [
      'tasmota-minimal-9.2.0.bin',
      { 'sonoff-diy': /minimal/, takeover: /minimal/, tuya: /minimal/, 'tasmota-upload': /minimal/ },
    ],
    ['athom-esp8266-mini-updater.bin', { 'tasmota-upload': /error 14/ }],
    ['espurna-base-1.13.5.bin', { 'tasmota-upload': /error 14/ }],
    ['haa-fullhaaboot-12.18.0.bin', { 'sonoff-diy': /only Arduino/, 'tasmota-upload': /error 14/ }],
    ['haa-tasmota2haa-12.18.0.bin.gz', { 'sonoff-diy': /unpack/, takeover: /unpack/, tuya: /unpack/ }],
  ])('%s', async (name, refusals) => {
    const file = await plug(name);
    for (const path of FLASH_PATHS) {
      const [first] = errorsOf(file, path, unit);
      if (refusals[path] == null) expect(first).toBeUndefined();
      else expect(first).toMatch(refusals[path]);
    }
  });

  it('the marker makes ESPurna go through Tasmota 9.2, and fullhaaboot what HAA offers', async () => {
    await expectPatched(await plug('espurna-base-1.13.5.bin'), 'tasmota-upload', unit);
    const patched = await expectPatched(await plug('haa-fullhaaboot-12.18.0.bin'), 'tasmota-upload', unit);
    const own = gunzipSync(readFileSync(dataFile('plugs/haa-tasmota2haa-12.18.0.bin.gz')));
    expect(patched.content).toEqual(Uint8Array.from(own));
  });

  it('the way back to stock only onto its own group of models', async () => {
    const file = await plug('mgos512k-0x7000.bin');
    const plugS = shellyModelOfType('SHPLG-S');
    const shelly1 = shellyModelOfType('SHSW-1');
    const settled = { ...unit, ignoresMarker: true };
    expect(errorsOf(file, 'tasmota-upload', { ...settled, ...(plugS && { model: plugS }) })).toEqual([]);
    expect(errorsOf(file, 'tasmota-upload', { ...settled, ...(shelly1 && { model: shelly1 }) })[0]).toMatch(
      /brick/,
    );
    expect(errorsOf(file, 'tasmota-upload', settled)[0]).toMatch(/which model this unit is/);
    expect(errorsOf(file, 'takeover', settled)[0]).toMatch(/way back/);
    const asked = fitsPath(file, 'tasmota-upload', { ...unit, ...(plugS && { model: plugS }) });
    expect(asked.problems[0]?.text).toMatch(/SetOption78 1/);
    expect(asked.patch).toBeUndefined();
    expect(file.facts.find(({ label }) => label === 'Fits a Tasmota upload')?.value).toBe(
      'only on Shelly models with their boot configuration at 0x7000; on others it is a brick',
    );
  });
});
