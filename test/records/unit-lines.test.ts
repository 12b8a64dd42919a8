import { describe, expect, it } from 'vitest';
import { type RunKey, unitLines } from '../../src/records/unit-lines.ts';

const run = (number: number, slot: string, mac?: string, more: Partial<RunKey> = {}): RunKey => ({
  run: number,
  slot,
  ...(mac !== undefined && { mac }),
  ...more,
});
const lines = (runs: readonly RunKey[], cycle = false) =>
  unitLines(runs, { cycle }).map((unit) => unit.runs.map((each) => each.run));

describe('results count units, not attempts', () => {
  it('the last run of a unit counts, whichever slot it was in', () => {
    expect(lines([run(1, 'a', 'A'), run(2, 'b', 'B'), run(3, 'b', 'A')])).toEqual([[1, 3], [2]]);
  });

  it('runs are taken by their numbers, in whatever order they come', () => {
    expect(lines([run(3, 'a', 'A'), run(1, 'a', 'A')])).toEqual([[1, 3]]);
  });

  it('a try at which nothing was heard is forgotten when the retry hears the unit', () => {
    expect(lines([run(1, 'a'), run(2, 'a', 'A')])).toEqual([[2]]);
    expect(lines([run(1, 'a'), run(2, 'a')])).toEqual([[2]]);
  });

  it('a retry at which nothing is heard counts for the unit its slot had', () => {
    expect(lines([run(1, 'a', 'A'), run(2, 'a')])).toEqual([[1, 2]]);
    expect(lines([run(1, 'a', 'A'), run(2, 'a'), run(3, 'a', 'B')])).toEqual([[1], [3]]);
    expect(lines([run(1, 'a', 'A'), run(2, 'a'), run(3, 'a', 'A')])).toEqual([[1, 3]]);
  });

  it('slots that heard nothing are units of their own', () => {
    expect(lines([run(1, 'a'), run(2, 'b'), run(3, 'c', 'C')])).toEqual([[1], [2], [3]]);
  });

  it('in cycle mode, units follow one another in a slot: only a named retry repeats', () => {
    expect(lines([run(1, 'a', 'A'), run(2, 'a'), run(3, 'a', 'C')], true)).toEqual([[1], [2], [3]]);
    expect(lines([run(1, 'a', 'A'), run(2, 'a'), run(3, 'a', 'C', { retryOf: 2 })], true)).toEqual([
      [1],
      [3],
    ]);
  });

  it('a unit that another slot had reached keeps its verdict, and the slot its error', () => {
    expect(lines([run(1, 'a', 'A'), run(2, 'b', 'A', { code: 'SAME_UNIT' })])).toEqual([[1], [2]]);
    expect(lines([run(1, 'a', 'A'), run(2, 'b', 'A', { code: 'SAME_UNIT' }), run(3, 'b', 'B')])).toEqual([
      [1],
      [3],
    ]);
  });

  it('a unit that came a second time in cycle mode keeps its verdict', () => {
    const again = { code: 'ALREADY_DONE' };
    expect(lines([run(1, 'a', 'A'), run(2, 'a', 'B'), run(3, 'a', 'A', again)], true)).toEqual([[1], [2]]);
    expect(lines([run(1, 'a', 'A'), run(2, 'a', undefined, again)], true)).toEqual([[1]]);
  });
});
