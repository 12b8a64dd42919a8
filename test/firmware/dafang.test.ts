import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { existsSync, readFileSync } from 'node:fs';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { describeBoot } from '../../src/firmware/dafang/boot-loader.ts';
import { examineDump } from '../../src/firmware/dafang/dump.ts';
import { DAFANG_FLASH_BYTES, DAFANG_PARTS, dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { dafangSlots } from '../../flows/dafang-spi/firmware-slots.ts';
import { esp32Slots } from '../../flows/esp-serial/firmware-slots.ts';
import * as build from './build-dafang.ts';
import { esp32App } from './build-images.ts';
import { dataFile } from './real-files.ts';

const inspect = (bytes: Uint8Array) => inspectBytes('file', bytes);
const problems = async (bytes: Uint8Array) =>
  (await inspect(bytes)).problems.map(({ text }) => text).join(' ');
const fact = async (bytes: Uint8Array, label: string) =>
  (await inspect(bytes)).facts.find((each) => each.label === label)?.value;
const places = async (bytes: Uint8Array) => {
  const file = await inspect(bytes);
  return dafangSlots.filter((slot) => slot.refuses(file) === undefined).map(({ id }) => id);
};

describe('the flash map', () => {
  it('covers the chip without a hole', () => {
    let at = 0;
    for (const { offset, size } of DAFANG_PARTS) {
      expect(offset).toBe(at);
      at += size;
    }
    expect(at).toBe(DAFANG_FLASH_BYTES);
  });

  const layout = dataFile('dafang/rom.layout');
  it.skipIf(!existsSync(layout))('is the published one (skipped where ../shared/data is missing)', () => {
    const lines = readFileSync(layout, 'utf8').trim().split('\n');
    const ours = DAFANG_PARTS.map(({ name, offset, size }) => {
      const hex = (value: number) => value.toString(16).padStart(8, '0');
      return `${hex(offset)}:${hex(offset + size - 1)} ${name === 'root' ? 'roofs' : name}`;
    });
    expect(ours).toEqual(lines);
  });
});

describe('a dump of the whole chip', () => {
  it('tells part by part what is there, and the MAC', async () => {
    const file = await inspect(build.camera());
    expect(file).toMatchObject({ kind: 'dafang-full-flash', problems: [] });
    expect(await fact(build.camera(), 'MAC')).toBe(build.MAC);
    expect(file.title).toContain(build.MAC);
    expect(file.backup).toMatchObject({ wifiCredentials: 'found', ssids: ['Werkbank'], blankData: false });
  });

  it('never shows a key or a password', async () => {
    const shown = JSON.stringify({ ...(await inspect(build.camera())), content: '', parts: '' });
    for (const secret of [build.SECRET_KEY, build.SECRET_WIFI, 'QQQQ', '12345678|'])
      expect(shown).not.toContain(secret);
  });

  it('of a bricked camera is a finding, not an error', async () => {
    const file = await inspect(build.camera({ erased: ['boot', 'kernel', 'para'] }));
    expect(file.kind).toBe('dafang-full-flash');
    expect(file.problems.map(({ severity, text }) => `${severity} ${text}`)).toEqual([
      'warning boot: erased.',
      'warning kernel: erased.',
      'warning para: erased.',
    ]);
    expect(file.facts.find(({ label }) => label === 'MAC')?.value).toBe('none: para holds no file system');
  });

  it('names a boot loader that was written to the wrong address', () => {
    const chip = build.camera({ erased: ['boot'] });
    chip.set(build.boot(), 0x1000);
    expect(examineDump(chip)[0]).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('stands at 0x1000, not at 0') as string,
    });
  });

  it('says what is damaged in a part', () => {
    const chip = build.camera();
    chip[dafangPart('kernel').offset + 0x1000]! ^= 1;
    chip[dafangPart('boot').offset + 0x900]! ^= 1;
    const texts = Object.fromEntries(examineDump(chip).map(({ part, text }) => [part.name, text]));
    expect(texts['kernel']).toContain('checksum is wrong');
    expect(texts['boot']).toContain('checksum of its SPL is wrong');
  });
});

describe('a boot loader', () => {
  it('says for how much RAM it is, and which chips it drives', () => {
    expect(describeBoot(build.boot())).toMatchObject({ ramMB: 128, family: 'stock', problems: [] });
    expect(describeBoot(build.boot()).drives).toContain('207018');
    const other = describeBoot(build.boot({ family: 'dafang-hacks', ramMB: 64 }));
    expect(other).toMatchObject({ ramMB: 64, family: 'dafang-hacks' });
    expect(other.drives).not.toContain('207018');
  });

  it('is known as a trap', () => {
    const hacks = describeBoot(build.boot({ family: 'dafang-hacks', built: 'Nov 18 2018' }));
    expect(hacks.problems[0]?.text).toContain('5.5.1.391');
    const small = describeBoot(build.boot({ ramMB: 64, built: 'Mar 13 2018' }));
    expect(small.problems[0]?.text).toContain('splits 64 MB');
  });

  it('fits nothing but its own place', async () => {
    expect(await places(build.boot())).toEqual(['boot']);
    const file = await inspect(build.boot());
    expect(esp32Slots('ESP32').every((slot) => slot.refuses(file) !== undefined)).toBe(true);
  });
});

describe('the known mistakes are refused, each with its sentence', () => {
  it.each<[string, () => Uint8Array, string]>([
    [
      'a boot loader at the wrong address',
      () => build.image(0x4_0000 + 0x1000, new Uint8Array(0x1000), build.boot()),
      'stands at 0x1000 of this file',
    ],
    [
      'a boot loader padded to the chip',
      () => build.camera({ erased: ['kernel', 'root', 'driver', 'appfs', 'config', 'para'] }),
      'its padding would wipe kernel, para and config',
    ],
    ['40 bytes cut from demo.bin', () => build.demo().subarray(40), 'its header has 64 (0x40)'],
    ['64 bytes cut from demo.bin', () => build.demo().subarray(64), 'Give demo.bin itself'],
    [
      'a web page',
      () => new TextEncoder().encode('<!DOCTYPE html><html><body>404</body></html>'),
      'web page',
    ],
    [
      'a boot loader that is too large',
      () => build.image(0x4_0200, build.boot()),
      'the part boot only 262144',
    ],
    ['a demo.bin that was cut short', () => build.demo().subarray(0, 0x80_0000), 'cut short'],
    [
      'a damaged demo.bin',
      () => build.demo().with(0x10_0000, 0x55),
      'checksum of what the header describes is wrong',
    ],
    ['a damaged header', () => build.demo().with(40, 0x55), 'checksum of its uImage header is wrong'],
    ['a cut squashfs', () => build.root().subarray(0, 0x8_0000), 'cut short'],
    ['a kernel that is too large', () => build.image(0x20_0040, build.kernel()), 'the part kernel only'],
    [
      'a boot loader with a damaged SPL',
      () => build.boot().with(0x1000, 0x55),
      'checksum of its SPL is wrong',
    ],
  ])('%s', async (_what, bytes, sentence) => {
    const file = await inspect(bytes());
    expect(await problems(bytes())).toContain(sentence);
    expect(file.problems.some(({ severity }) => severity === 'error')).toBe(true);
    for (const slot of dafangSlots) expect(slot.refuses(file), slot.id).toBeDefined();
  });
});

describe('where a file goes is told by what it is', () => {
  it.each<[string, () => Uint8Array, string[]]>([
    ['demo.bin', () => build.demo(), ['demo']],
    ['kernel', () => build.kernel(), ['kernel']],
    ['root', () => build.root(), ['root']],
    ['driver', () => build.driver(), ['driver']],
    ['appfs', () => build.appfs(), ['appfs']],
    ['a dump', () => build.camera(), ['base']],
    ['para', () => build.para(build.MAC), ['para']],
    ['config: never from a file', () => build.config(), []],
    ['para without a MAC', () => build.para('00:00:00:00:00:00'), []],
    ['firmware of an ESP32', () => esp32App(), []],
  ])('%s', async (_what, bytes, slots) => {
    expect(await places(bytes())).toEqual(slots);
  });

  it('an ESP32 application is still one', async () => {
    expect((await inspect(esp32App())).kind).toBe('esp32-app');
  });
});

it('no change to a dump breaks its recognition, or shows its secrets', async () => {
  const chip = build.camera();
  const hot = DAFANG_PARTS.flatMap(({ offset }) => [offset, offset + 64]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...hot), fc.nat({ max: 255 }), fc.nat({ max: 255 })), {
        maxLength: 10,
      }),
      async (changes) => {
        const changed = chip.slice();
        for (const [base, near, value] of changes) changed[base + near] = value;
        const file = await inspect(changed);
        expect(file.title).not.toBe('');
        expect(JSON.stringify(file.facts)).not.toContain(build.SECRET_KEY);
      },
    ),
    { numRuns: 25 },
  );
});
