import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { fitsUnit } from '../../src/firmware/fits-unit.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { activeOta } from '../../src/firmware/otadata.ts';
import { parseNvs } from '../../src/firmware/nvs.ts';
import { parsePartitionTable } from '../../src/firmware/partition-table.ts';
import { placeParts } from '../../src/firmware/place-parts.ts';
import {
  arduinoEsp8266,
  esp32App,
  esp32Bootloader,
  esp8266V2,
  flash,
  otadata,
  partitionTable,
  text,
  USUAL_ROWS,
} from './build-images.ts';
import { mongooseZip } from './build-mongoose.ts';
import { NvsBuilder, wifiPasswordBlob, wifiSsidBlob } from './build-nvs.ts';
import { MI_SECRET, telinkFlash, telinkImage, zigbeeOta } from './build-telink.ts';
import { dataFile, REAL_FILES, TELINK_FILES } from './real-files.ts';
import { WORST_CASES } from './worst-cases.ts';

const SECRET = 'streng-geheim';
const nvsPage = new NvsBuilder()
  .namespace(1, 'nvs.net80211')
  .blob(1, 'sta.ssid', wifiSsidBlob('Werkbank'))
  .blob(1, 'sta.pswd', wifiPasswordBlob(SECRET))
  .string(1, 'token', SECRET)
  .build();
const built: readonly Uint8Array[] = [
  esp32App({ strings: 'ESPHome version 2024.6.0 compiled on' }),
  esp32Bootloader(),
  arduinoEsp8266('Tasmota\0lite\0tasmota'),
  esp8266V2(),
  partitionTable(USUAL_ROWS),
  otadata(1),
  nvsPage,
  gzipSync(arduinoEsp8266()),
  flash([
    [0x1000, esp32Bootloader()],
    [0x8000, partitionTable(USUAL_ROWS)],
    [0x9000, nvsPage],
    [0xe000, otadata(1)],
    [0x1_0000, esp32App()],
  ]),
  telinkImage(),
  zigbeeOta(telinkImage()),
  telinkFlash(),
  mongooseZip(),
];
const real = [...REAL_FILES, ...TELINK_FILES]
  .map(dataFile)
  .filter((path) => existsSync(path))
  .map((path): Uint8Array => readFileSync(path));

/** Everything a flow does with a file before it touches a unit. */
async function useIt(bytes: Uint8Array): Promise<void> {
  const file = await inspectBytes('fuzzed', bytes);
  expect(file.title).not.toBe('');
  expect(file.sizeBytes).toBe(bytes.length);
  if (file.kind === 'unknown') expect(file.problems.some(({ severity }) => severity === 'error')).toBe(true);
  for (const { value } of file.facts) {
    expect(value).not.toContain(SECRET);
    expect(value).not.toContain(MI_SECRET);
  }
  const table = parsePartitionTable(partitionTable(USUAL_ROWS));
  const { regions } = placeParts(file, table);
  fitsUnit(regions, { chip: 'ESP32', flashSizeBytes: 0x40_0000, needsDout: true }, table);
}

interface Change {
  readonly at: number;
  readonly bytes: Uint8Array;
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 16 }),
    fc.constantFrom(
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0, 0, 0, 0),
      Uint8Array.of(0xe9, 0x10),
      Uint8Array.of(0xaa, 0x50, 0, 0),
      Uint8Array.of(0xff, 0xff, 0xff, 0x7f),
    ),
  ),
});

/** Most of what is read stands at the head of a file or of a sector. */
function mutate(original: Uint8Array, changes: readonly Change[], keep: number): Uint8Array {
  const bytes = Uint8Array.from(original.subarray(0, Math.ceil(original.length * keep)));
  for (const { at, bytes: piece } of changes) {
    const sectors = Math.max(1, Math.floor(bytes.length / 0x1000));
    const near = Math.floor(at * sectors) * 0x1000 + Math.floor((at * 1e6) % 96);
    for (const [index, value] of piece.entries())
      if (near + index < bytes.length) bytes[near + index] = value;
  }
  return bytes;
}
const mutated = (files: readonly Uint8Array[]) =>
  fc
    .tuple(
      fc.constantFrom(...files),
      fc.array(change, { maxLength: 6 }),
      fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    )
    .map(([file, changes, keep]) => mutate(file, changes, keep));

describe('no file breaks the recognition', () => {
  it('of any bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 10_000 }), useIt), { numRuns: 300 });
  });

  it('of bytes behind a magic number', async () => {
    const magic = fc.constantFrom<readonly number[]>(
      [0xe9, 2, 3, 0x20],
      [0xea, 4, 3, 0x20],
      [0xaa, 0x50],
      [0x1f, 0x8b, 8],
      [0x50, 0x4b, 3, 4],
      [0xfe, 0xff, 0xff, 0xff],
      [1, 0, 0, 0],
      [0x1e, 0xf1, 0xee, 0x0b],
      [0x26, 0x80, 0, 0, 0, 0, 0x5d, 2, 0x4b, 0x4e, 0x4c, 0x54],
    );
    await fc.assert(
      fc.asyncProperty(magic, fc.uint8Array({ maxLength: 9000 }), (head, rest) =>
        useIt(Uint8Array.of(...head, ...rest)),
      ),
      { numRuns: 300 },
    );
  });

  it('of changed and cut images', async () => {
    await fc.assert(fc.asyncProperty(mutated(built), useIt), { numRuns: 400 });
  });

  it.skipIf(real.length === 0)('of changed and cut real images (needs ../shared/data)', async () => {
    await fc.assert(fc.asyncProperty(mutated(real), useIt), { numRuns: 60 });
  });

  it('of two images glued together', async () => {
    for (const first of built) for (const second of built) await useIt(concatUint8Arrays([first, second]));
  });

  it.each(WORST_CASES)('of 16 MiB: %s', async (_, build) => {
    await useIt(build());
  });
});

describe('no bytes break a parser', () => {
  it('of partition tables, otadata and NVS', () => {
    const page = nvsPage;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.uint8Array({ maxLength: 300 }), (changes, bytes) => {
        parseNvs(mutate(page, changes, 1));
        parseNvs(bytes);
        const table = parsePartitionTable(mutate(partitionTable(USUAL_ROWS), changes, 1));
        if (table != null) activeOta(mutate(otadata(1, 2), changes, 1), table);
        activeOta(bytes, parsePartitionTable(text('')) ?? { partitions: [], md5: 'missing', problems: [] });
      }),
    );
  });
});
