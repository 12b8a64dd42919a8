import { describe, expect, it } from 'vitest';
import { parsePartitionTable, partitionText, tableEnd } from '../../src/firmware/partition-table.ts';
import { filled, partitionTable, USUAL_ROWS } from './build-images.ts';

const problemsOf = (bytes: Uint8Array): string[] =>
  (parsePartitionTable(bytes)?.problems ?? []).map(({ text }) => text);

describe('a partition table', () => {
  it('is read row by row and its MD5 row checked', () => {
    const table = parsePartitionTable(partitionTable(USUAL_ROWS));
    expect(table?.md5).toBe('valid');
    expect(table?.problems).toEqual([]);
    expect(table?.partitions.map(partitionText)).toEqual([
      'nvs (nvs) 0x9000, 20 KiB',
      'otadata (otadata) 0xE000, 8 KiB',
      'app0 (app ota_0) 0x10000, 1792 KiB',
      'app1 (app ota_1) 0x1D0000, 1792 KiB',
      'spiffs (spiffs) 0x390000, 384 KiB',
    ]);
    expect(table == null ? 0 : tableEnd(table)).toBe(0x3f_0000);
  });

  it('may come without an MD5 row', () => {
    const table = parsePartitionTable(partitionTable(USUAL_ROWS, false));
    expect(table?.md5).toBe('missing');
    expect(table?.problems).toEqual([]);
  });

  it('with a changed row does not fit its MD5 row', () => {
    const bytes = partitionTable(USUAL_ROWS);
    bytes[9] = 0x60;
    expect(parsePartitionTable(bytes)?.md5).toBe('wrong');
    expect(problemsOf(bytes)).toContain(
      'The MD5 row of the partition table does not fit its rows: the table is damaged, the boot loader refuses it.',
    );
  });

  it('cut before its end mark says so', () => {
    expect(problemsOf(partitionTable(USUAL_ROWS, false).subarray(0, 5 * 32))).toEqual([
      'The partition table is cut short: its end mark is missing.',
    ]);
  });

  it('with overlapping rows or an application off the 64 KiB border says so', () => {
    const rows = [
      { label: 'a', type: 0, subtype: 0x10, offset: 0x1_1000, size: 0x2_0000 },
      { label: 'b', type: 1, subtype: 2, offset: 0x2_0000, size: 0x1000 },
    ];
    expect(problemsOf(partitionTable(rows))).toEqual([
      'Application partition a starts at 0x11000, not on a 64 KiB border.',
      'Partitions a and b overlap at 0x20000.',
    ]);
  });

  it('with something that is no row among its rows says where', () => {
    const bytes = partitionTable(USUAL_ROWS, false);
    bytes.fill(0x11, 5 * 32, 6 * 32);
    expect(problemsOf(bytes)).toEqual(['The partition table holds something that is no row at 0xA0.']);
  });

  it('names types of the maker by number', () => {
    const rows = [{ label: 'mi', type: 0x40, subtype: 0x85, offset: 0x1_0000, size: 0x1000, flags: 3 }];
    const partition = parsePartitionTable(partitionTable(rows))?.partitions[0];
    expect(partition).toMatchObject({ encrypted: true, readOnly: true });
    expect(partition == null ? '' : partitionText(partition)).toBe('mi (vendor 0x40/0x85) 0x10000, 4 KiB');
  });

  it.each([
    ['an erased sector', filled(0x1000, 0xff)],
    ['zeros', filled(0x1000, 0)],
    ['nothing', new Uint8Array()],
    ['half a row', partitionTable(USUAL_ROWS).subarray(0, 16)],
  ])('is not seen in %s', (_, bytes) => {
    expect(parsePartitionTable(bytes)).toBeUndefined();
  });

  it('made of nothing but rows is read without end', () => {
    const bytes = filled(0x1000, 0).map((_, index) => ([0xaa, 0x50] as const)[index % 2] ?? 0);
    expect(parsePartitionTable(bytes)?.partitions).toHaveLength(96);
  });
});
