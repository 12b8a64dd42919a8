import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { activeOta } from '../../src/firmware/otadata.ts';
import { parsePartitionTable } from '../../src/firmware/partition-table.ts';
import { placeFiles, placeParts, type Placement } from '../../src/firmware/place-parts.ts';
import {
  arduinoEsp8266,
  bootloaderAtZero,
  esp32App,
  esp32Bootloader,
  esp8266App,
  esp8266V2,
  filled,
  flash,
  noise,
  otadata,
  partitionTable,
  USUAL_ROWS,
  type BuildPartition,
} from './build-images.ts';

const inspect = (bytes: Uint8Array) => inspectBytes('x', bytes);
const tableOf = (rows: readonly BuildPartition[]) => {
  const table = parsePartitionTable(partitionTable(rows));
  if (table == null) throw new Error('no table');
  return table;
};
const usual = tableOf(USUAL_ROWS);
const NVS: BuildPartition = { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 };
const OTADATA: BuildPartition = { label: 'otadata', type: 1, subtype: 0, offset: 0xe000, size: 0x2000 };
const FACTORY: BuildPartition = {
  label: 'factory',
  type: 0,
  subtype: 0,
  offset: 0x1_0000,
  size: 0x10_0000,
};

const places = ({ regions }: Placement) => regions.map(({ kind, offset }) => [kind, offset]);
const problemTexts = ({ problems }: Placement) => problems.map(({ text }) => text);

describe('placing firmware', () => {
  it('puts a lone application into the first OTA partition and selects it', async () => {
    const placed = placeParts(await inspect(esp32App()), usual);
    expect(places(placed)).toEqual([
      ['otadata', 0xe000],
      ['app', 0x1_0000],
    ]);
    expect(placed.appPartition?.label).toBe('app0');
    expect(activeOta(placed.regions[0]?.bytes, usual)?.partition.label).toBe('app0');
    expect(placed.problems).toEqual([]);
  });

  it('takes the next partition when the first is too small, and the factory one at last', async () => {
    const small = { label: 'app0', type: 0, subtype: 0x10, offset: 0x12_0000, size: 0x1000 };
    const large = { ...small, label: 'app1', subtype: 0x11, offset: 0x14_0000, size: 0x10_0000 };
    const app = await inspect(esp32App());
    const second = tableOf([NVS, OTADATA, small, large]);
    const placed = placeParts(app, second);
    expect(placed.appPartition?.label).toBe('app1');
    expect(activeOta(placed.regions[0]?.bytes, second)?.partition.label).toBe('app1');

    const factory = placeParts(app, tableOf([NVS, OTADATA, FACTORY, small]));
    expect(factory.appPartition?.label).toBe('factory');
    expect(factory.regions[0]?.bytes).toEqual(filled(0x2000, 0xff));
    expect(places(placeParts(app, tableOf([NVS, FACTORY])))).toEqual([['app', 0x1_0000]]);
  });

  it('refuses an application without a table, without a place, or larger than every place', async () => {
    const app = await inspect(esp32App({ dataBytes: 0x2_0000 }));
    expect(problemTexts(placeParts(app))).toEqual([
      'ESP32 application practice 1.2.3: only a partition table can say where it belongs, and neither the files nor the unit have one.',
    ]);
    expect(problemTexts(placeParts(app, tableOf([NVS])))).toEqual([
      'The partition table has no place for an application.',
    ]);
    expect(problemTexts(placeParts(app, tableOf([{ ...FACTORY, size: 0x1_0000 }])))[0]).toMatch(
      /bytes are more than the application partition holds \(64 KiB\)\.$/,
    );
  });

  it('places a boot set by its own table, wherever the application belongs there', async () => {
    const files = await Promise.all(
      [esp32App(), otadata(1), partitionTable(USUAL_ROWS), esp32Bootloader()].map(inspect),
    );
    const placed = placeFiles(files, tableOf([NVS, FACTORY]));
    expect(places(placed)).toEqual([
      ['bootloader', 0x1000],
      ['partition-table', 0x8000],
      ['otadata', 0xe000],
      ['app', 0x1_0000],
    ]);
    expect(placed.problems).toEqual([]);
    expect(placed.table?.partitions).toHaveLength(5);
  });

  it('follows the choice of an otadata file', async () => {
    const files = await Promise.all([esp32App(), otadata(2), partitionTable(USUAL_ROWS)].map(inspect));
    expect(placeFiles(files).appPartition?.label).toBe('app1');
    expect(problemTexts(placeFiles(files.slice(1, 2), tableOf([NVS, FACTORY])))).toEqual([
      'The partition table has no place for otadata.',
    ]);
  });

  it('leaves blank data of a merged image alone, but not blank otadata', async () => {
    const merged = await inspect(
      flash([
        [0x1000, esp32Bootloader()],
        [0x8000, partitionTable(USUAL_ROWS)],
        [0x1_0000, esp32App()],
      ]),
    );
    expect(places(placeParts(merged))).toEqual([
      ['bootloader', 0x1000],
      ['partition-table', 0x8000],
      ['otadata', 0xe000],
      ['app', 0x1_0000],
    ]);
  });

  it('puts an ESP8266 image at 0x0 and refuses one without its boot loader', async () => {
    expect(places(placeParts(await inspect(arduinoEsp8266())))).toEqual([['esp8266-image', 0]]);
    expect(problemTexts(placeParts(await inspect(esp8266V2())))[0]).toMatch(/no place of its own/);
    expect((await inspect(esp8266App())).problems[0]?.severity).toBe('error');
  });

  it('cuts padding that reaches into the next region, and refuses real overlap', async () => {
    const padded = concatUint8Arrays([esp32Bootloader(), filled(0x8000, 0xff)]);
    const files = await Promise.all([padded, partitionTable(USUAL_ROWS)].map(inspect));
    const placed = placeFiles(files);
    expect(placed.problems).toEqual([]);
    expect(placed.regions[0]?.bytes).toHaveLength(0x7000);
    const long = concatUint8Arrays([esp32Bootloader(), noise(0x8000)]);
    const overlapping = await Promise.all([long, partitionTable(USUAL_ROWS)].map(inspect));
    expect(problemTexts(placeFiles(overlapping))).toEqual([
      'ESP32 boot loader, DIO, 40 MHz, 4 MiB reaches into partition table at 0x8000.',
    ]);
  });

  it('refuses files of different chips together', async () => {
    const files = await Promise.all([esp32App(), bootloaderAtZero(9)].map(inspect));
    expect(problemTexts(placeFiles(files, usual))).toContain(
      'The files are for different chips: ESP32 and ESP32-S3.',
    );
  });
});
