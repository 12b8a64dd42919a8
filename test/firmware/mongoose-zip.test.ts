import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { explainMongooseMessage, MONGOOSE_MESSAGES } from '../../src/firmware/mongoose-messages.ts';
import { SHELLY_MODELS, shellyModelOfType } from '../../src/firmware/shelly-models.ts';
import { filled, text } from './build-images.ts';
import { mongooseFw, mongooseZip, storedZip, type ArchiveOptions } from './build-mongoose.ts';
import { dataFile, hasRealFiles } from './real-files.ts';

const inspect = (bytes: Uint8Array) => inspectBytes('x.zip', bytes);
const errorsOf = async (bytes: Uint8Array) =>
  (await inspect(bytes)).problems
    .filter(({ severity }) => severity === 'error')
    .map(({ text: words }) => words);
const answersOf = async (options: ArchiveOptions) =>
  (await errorsOf(mongooseZip(options))).map((words) => /answer "(.+)"\.$/.exec(words)?.[1]);

const first =
  <T>(change: (entry: T) => T) =>
  ([head, ...rest]: T[]): T[] =>
    head === undefined ? [] : [change(head), ...rest];

describe('an update archive of Mongoose OS', () => {
  it('that is whole tells what it is for', async () => {
    expect(await inspect(mongooseZip())).toMatchObject({
      kind: 'mongoose-zip',
      chip: 'ESP8266',
      problems: [],
      mongoose: {
        app: 'shelly-plug-s',
        version: '0.4.6',
        buildId: '20210101-000000/x',
        model: { type: 'SHPLG-S', bootConfigOffset: 0x7000 },
        bootConfigOffset: 0x7000,
        role: 'unknown',
      },
    });
    expect(await errorsOf(mongooseZip({ folder: '' }))).toEqual([]);
  });

  it.each<[string, ArchiveOptions]>([
    ['Archived file size is unknown', { change: first((entry) => ({ ...entry, flags: 8 })) }],
    ['Cannot handle compressed .zip', { change: first((entry) => ({ ...entry, method: 8 })) }],
    [
      'Too long file name',
      { change: (entries) => [...entries, { name: `x/${'n'.repeat(50)}`, bytes: text('x') }] },
    ],
    [
      'Invalid CRC',
      {
        change: (entries) =>
          entries.map((entry) => (entry.name.endsWith('fs.bin') ? { ...entry, crc: 1 } : entry)),
      },
    ],
    ['Failed to parse manifest', { change: first((entry) => ({ ...entry, bytes: text('{"name":') })) }],
    ['Failed to parse manifest', { change: first((entry) => ({ ...entry, bytes: text('[]') })) }],
    ['Invalid manifest', { change: (entries) => entries.toReversed() }],
    ['Required manifest field missing', { manifest: { build_id: undefined } }],
    ['Required manifest field missing', { manifest: { parts: undefined } }],
    ['Wrong platform', { platform: 'esp32' }],
    ['Missing fw part', { parts: { fw: undefined } }],
    ['Missing fs part', { parts: { fs: undefined } }],
    ['Incomplete update package', { parts: { fw: { src: 'other.bin' } } }],
    ['Incomplete update package', { fs: filled(0, 0) }],
    ['Invalid checksum format', { parts: { fw: { cs_sha1: 'abc' } } }],
    ['Invalid checksum format', { parts: { fw: { cs_sha1: undefined } } }],
    ['Invalid checksum', { parts: { fs: { cs_sha1: '0'.repeat(40) } } }],
    ['Invalid checksum', { parts: { fs: { cs_sha256: '0'.repeat(64) } } }],
    ['Image too big', { parts: { fs: { size: 100 } } }],
    ['Image too big', { parts: { fs: { addr: 0x1f_f800 } } }],
    ['Invalid manifest', { parts: { fs: { addr: 0x8000 } } }],
    ['Invalid manifest', { parts: { fs: { addr: -1 } } }],
    ['Invalid manifest', { change: (entries) => [...entries, ...entries.slice(1, 2)] }],
  ])('is refused as the unit would: %s', async (message, options) => {
    expect(await answersOf(options)).toContain(message);
  });

  it('of the other boot configuration group is a brick, and says so', async () => {
    const [words] = await errorsOf(mongooseZip({ parts: { rboot_cfg: { addr: 0x1000 } } }));
    expect(words).toBe(
      'The archive keeps its boot configuration at 0x1000, but Shelly Plug S has it at 0x7000: it would brick the unit.',
    );
  });

  it('with a damaged application inside is refused though its SHA-1 fits', async () => {
    const fw = mongooseFw();
    fw[100] = (fw[100] ?? 0) ^ 1;
    expect((await errorsOf(mongooseZip({ fw })))[0]).toMatch(/^Part fw: The checksum/);
  });

  it.each([
    ['takeover', 'mg2x\0url'],
    ['takeover', 'https://ota.tasmota.com/tasmota/release/tasmota.bin'],
    ['stock', 'api.shelly.cloud'],
    ['unknown', 'nothing'],
  ])('tells its role by its strings: %s', async (role, strings) => {
    expect((await inspect(mongooseZip({ fw: mongooseFw(strings) }))).mongoose?.role).toBe(role);
  });

  it('cut anywhere is refused', async () => {
    const whole = mongooseZip();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: whole.length - 1 }), async (length) => {
        expect(await errorsOf(whole.subarray(0, length))).not.toEqual([]);
      }),
    );
  });

  it('with one bit flipped is refused, or means the same', async () => {
    const whole = mongooseZip();
    const before = (await inspect(whole)).mongoose;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: whole.length - 1 }), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const file = await inspect(flipped);
        if (file.problems.every(({ severity }) => severity !== 'error'))
          expect(file.mongoose).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('a zip without a manifest is just a zip', async () => {
    expect(await inspect(storedZip([{ name: 'a.txt', bytes: text('x') }]))).toMatchObject({
      kind: 'unknown',
      foreign: 'zip',
    });
  });
});

describe('messages of the updater', () => {
  it('are explained in whatever they stand', () => {
    expect(explainMongooseMessage('-1 Invalid checksum format: fw')).toMatch(/40 hex digits/);
    expect(explainMongooseMessage('invalid CHECKSUM')).toBe(MONGOOSE_MESSAGES['Invalid checksum']);
    expect(explainMongooseMessage('hello')).toBeUndefined();
  });
});

describe('Shelly models', () => {
  it('are told apart by type, archive and application', () => {
    for (const key of ['type', 'zipSuffix', 'app'] as const)
      expect(new Set(SHELLY_MODELS.map((model) => model[key])).size).toBe(SHELLY_MODELS.length);
    expect(shellyModelOfType('SHPLG2-1')?.flashBytes).toBe(0x40_0000);
    expect(shellyModelOfType('SHSW-25')?.bootConfigOffset).toBe(0x1000);
    expect(shellyModelOfType('SNPL-00112EU')).toBeUndefined();
  });
});

describe.skipIf(!hasRealFiles)('the synthetic archive (skipped where ../shared/data is missing)', () => {
  it('is legal; that its payload is random is said', async () => {
    const file = await inspect(
      Uint8Array.from(readFileSync(dataFile('plugs/synthetic-mg2x-ShellyPlugS.zip'))),
    );
    expect(file).toMatchObject({
      kind: 'mongoose-zip',
      title: 'Mongoose OS update shelly-plug-s 0.0.1-synthetic for Shelly Plug S (SHPLG-S)',
      problems: [{ severity: 'warning' }],
      mongoose: { role: 'unknown', bootConfigOffset: 0x7000 },
    });
  });
});
