import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeOta, buildOtadata, parseOtadata } from '../../src/firmware/otadata.ts';
import { parsePartitionTable } from '../../src/firmware/partition-table.ts';
import { filled, otadata, partitionTable, u32le, USUAL_ROWS, type BuildPartition } from './build-images.ts';

const tableOf = (rows: readonly BuildPartition[]) => {
  const table = parsePartitionTable(partitionTable(rows));
  if (table == null) throw new Error('no table');
  return table;
};
const usual = tableOf(USUAL_ROWS);
const factory: BuildPartition = { label: 'factory', type: 0, subtype: 0, offset: 0x3f_0000, size: 0x1_0000 };
const withFactory = tableOf([...USUAL_ROWS, factory]);

describe('otadata', () => {
  it('with number 1 has the CRC of boot_app0', () => {
    expect([...buildOtadata(0, 2).subarray(28, 32)]).toEqual([...u32le(0x4743_989a)]);
  });

  it.each([
    [[1], 'app0'],
    [[2], 'app1'],
    [[3, 2], 'app0'],
    [[3, 4], 'app1'],
  ])('with numbers %j starts %s', (seqs, label) => {
    expect(activeOta(otadata(...seqs), usual)).toMatchObject({
      partition: { label },
      because: 'otadata',
    });
  });

  it('without a valid entry starts the factory application, or the first', () => {
    const blank = filled(0x2000, 0xff);
    expect(activeOta(blank, usual)).toMatchObject({ partition: { label: 'app0' }, because: 'first ota' });
    expect(activeOta(blank, withFactory)).toMatchObject({
      partition: { label: 'factory' },
      because: 'factory',
    });
    expect(activeOta(undefined, withFactory)).toMatchObject({ because: 'factory' });
  });

  it('passes over an entry with a wrong CRC, and one that was marked invalid or aborted', () => {
    const damaged = otadata(1, 2);
    damaged[0x1000 + 28] = 0;
    expect(activeOta(damaged, usual)).toMatchObject({ partition: { label: 'app0' } });
    for (const state of [3, 4]) {
      const refused = otadata(1, 2);
      refused.set(u32le(state), 0x1000 + 24);
      expect(activeOta(refused, usual)).toMatchObject({ partition: { label: 'app0' } });
    }
  });

  it('of another layout is not read as a choice', () => {
    expect(parseOtadata(filled(0x2000, 0x5a)).some((entry) => entry.valid)).toBe(false);
  });

  it('has nothing to start in a table without applications', () => {
    expect(activeOta(undefined, tableOf(USUAL_ROWS.slice(0, 2)))).toBeUndefined();
  });

  it('built for any slot selects it, with a number above the one before', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1 }), fc.integer({ min: 1, max: 100_000 }), (slot, before) => {
        const previous = otadata(before);
        const built = buildOtadata(slot, 2, previous);
        expect(built).toHaveLength(0x2000);
        expect(activeOta(built, usual)?.partition.label).toBe(slot === 0 ? 'app0' : 'app1');
        expect(parseOtadata(built)[0]?.seq).toBeGreaterThan(before);
      }),
    );
  });

  it('cannot be built for a slot that is not there', () => {
    expect(() => buildOtadata(2, 2)).toThrow(RangeError);
  });
});
