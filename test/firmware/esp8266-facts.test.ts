import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { parseEspImage } from '../../src/firmware/esp-image.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import {
  findTasmotaMarkers,
  parseTasmotaVersion,
  tasmotaVersionText,
  withTasmotaMarker,
} from '../../src/firmware/tasmota-marker.ts';
import { arduinoEsp8266, esp8266V2, filled, noise, u32le } from './build-images.ts';
import { dataFile, hasRealFiles } from './real-files.ts';

const MARKER = Uint8Array.of(0xa5, 0x5a, 0xa5, 0x5a, 0, 0, 2, 9, 0x5a, 0xa5, 0x5a, 0xa5);
const inspect = (bytes: Uint8Array) => inspectBytes('x.bin', bytes);
const errorsOf = async (bytes: Uint8Array) =>
  (await inspect(bytes)).problems.filter(({ severity }) => severity === 'error').map(({ text }) => text);
const plug = (name: string): Uint8Array => Uint8Array.from(readFileSync(dataFile(`plugs/${name}`)));

describe('the marker of Tasmota', () => {
  it('is found between words only as unaligned', () => {
    expect(findTasmotaMarkers(concatUint8Arrays([filled(8, 1), MARKER]))).toEqual({
      aligned: { offset: 8, version: 0x0902_0000 },
      unaligned: undefined,
    });
    expect(findTasmotaMarkers(concatUint8Arrays([filled(7, 1), MARKER])).unaligned?.offset).toBe(7);
    expect(findTasmotaMarkers(concatUint8Arrays([filled(7, 1), MARKER, filled(1, 1), MARKER]))).toEqual({
      aligned: { offset: 20, version: 0x0902_0000 },
      unaligned: undefined,
    });
  });

  it('counts only when whole', () => {
    for (let bytes = 0; bytes < MARKER.length; bytes++)
      expect(findTasmotaMarkers(MARKER.subarray(0, bytes)).aligned).toBeUndefined();
  });

  it('put behind an image of any length is seen', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (image) => {
        const marked = withTasmotaMarker(image);
        expect(marked.length - image.length).toBeLessThan(16);
        expect(marked.subarray(0, image.length)).toEqual(image);
        expect(findTasmotaMarkers(marked).aligned?.version).toBe(0xffff_ffff);
      }),
    );
  });

  it('versions are read and written', () => {
    expect(tasmotaVersionText(0x0902_0000)).toBe('9.2.0');
    expect(tasmotaVersionText(0x0701_0206)).toBe('7.1.2.6');
    expect(parseTasmotaVersion('9.2.0(lite)')).toBe(0x0902_0000);
    expect(parseTasmotaVersion('7.1.2.6')).toBe(0x0701_0206);
    expect(parseTasmotaVersion('300.1.1')).toBeUndefined();
    expect(parseTasmotaVersion('lite')).toBeUndefined();
  });
});

describe('what an ESP8266 file is made of', () => {
  it('an Arduino build', async () => {
    expect((await inspect(arduinoEsp8266())).esp8266).toEqual({
      layout: 'eboot',
      appOffset: 0x1000,
      signature: 'none',
    });
    expect((await inspect(gzipSync(arduinoEsp8266()))).esp8266?.layout).toBe('eboot');
  });

  it('a signed Arduino build: signature and its length behind it', async () => {
    const signed = concatUint8Arrays([arduinoEsp8266(), noise(256, 3), u32le(256)]);
    const file = await inspect(signed);
    expect(file.esp8266?.signature).toBe('arduino');
    expect(file.parts[0]?.signed).toBe(true);
  });

  it('an application without its boot loader', async () => {
    expect((await inspect(esp8266V2())).esp8266).toMatchObject({ layout: 'v2-app', signature: 'none' });
  });

  it('cut anywhere it is refused', async () => {
    const whole = arduinoEsp8266();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        expect(await errorsOf(whole.subarray(0, length))).not.toEqual([]);
      }),
    );
  });

  it('with one bit of a segment flipped it is refused', async () => {
    const whole = arduinoEsp8266();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0x1010, max: 0x2fff }), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect((await errorsOf(flipped))[0]).toMatch(/the image is damaged/);
      }),
    );
  });
});

describe.skipIf(!hasRealFiles)('real plug images (skipped where ../shared/data is missing)', () => {
  it.each([
    ['tasmota-lite-9.2.0.bin', 'eboot', 0x6_8784, 0x0902_0000],
    ['tasmota-minimal-9.2.0.bin', 'eboot', 0x5_2c00, 0x0902_0000],
    ['athom-esp8266-mini-updater.bin', 'eboot', undefined, undefined],
    ['espurna-base-1.13.5.bin', 'eboot', undefined, undefined],
    ['mgos512k-0x7000.bin', 'mongoose-rboot', undefined, undefined],
    ['haa-fullhaaboot-12.18.0.bin', 'haa-rboot', undefined, undefined],
    ['haa-tasmota2haa-12.18.0.bin.gz', 'haa-rboot', 0x6_2044, 0xffff_ffff],
  ])('%s: %s, its marker', async (name, layout, offset, version) => {
    const { esp8266, problems } = await inspect(plug(name));
    expect(problems).toEqual([]);
    expect(esp8266?.layout).toBe(layout);
    expect(esp8266?.unalignedMarker).toBeUndefined();
    expect(esp8266?.tasmotaMarker).toEqual(offset == null ? undefined : { offset, version });
  });

  it('the way back to stock is exactly 512 KiB and tells its group', async () => {
    const { esp8266, sizeBytes, parts } = await inspect(plug('mgos512k-0x7000.bin'));
    expect(esp8266?.bootConfigOffset).toBe(0x7000);
    expect(sizeBytes).toBe(0x8_0000);
    expect(parts[0]?.headerFlashSizeBytes).toBe(0x8_0000);
  });

  it('the marker of HAA is what adding it makes', () => {
    const packed = gunzipSync(plug('haa-tasmota2haa-12.18.0.bin.gz'));
    expect(withTasmotaMarker(plug('haa-fullhaaboot-12.18.0.bin'))).toEqual(Uint8Array.from(packed));
  });

  const whole = hasRealFiles
    ? [
        'tasmota-lite-9.2.0.bin',
        'espurna-base-1.13.5.bin',
        'mgos512k-0x7000.bin',
        'haa-fullhaaboot-12.18.0.bin',
      ]
    : [];
  it.each(whole)('%s cut anywhere is refused', async (name) => {
    const bytes = plug(name);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async (length) => {
        expect(await errorsOf(bytes.subarray(0, length))).not.toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it.each(['tasmota-lite-9.2.0.bin', 'haa-fullhaaboot-12.18.0.bin'])(
    '%s with one covered bit flipped is refused',
    async (name) => {
      const bytes = plug(name);
      const app = parseEspImage(bytes, name.startsWith('haa') ? 0x2000 : 0x1000);
      const covered = app?.segments.flatMap(({ dataOffset, length }) => [
        dataOffset,
        dataOffset + length - 1,
      ]);
      for (const at of covered ?? []) {
        const flipped = Uint8Array.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ 0x10;
        expect(await errorsOf(flipped)).not.toEqual([]);
      }
    },
  );
});
