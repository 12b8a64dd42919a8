import { examineDump, examinePart } from '../../src/firmware/dafang/dump.ts';
import { partOf } from '../../src/firmware/dafang/flash-map.ts';
import type { FlashMapRow } from '../flow.ts';
import type { DafangRun, DafangSession } from './session.ts';

/** Region by region what a chip holds, for the screen. */
export const tellMap = (run: DafangRun, chip: Uint8Array): void => run.flashMap(rowsOf(chip));

const rowsOf = (chip: Uint8Array): FlashMapRow[] =>
  examineDump(chip).map(({ part, state, text }) => ({
    name: part.name,
    offset: part.offset,
    size: part.size,
    holds: text,
    good: state === 'good',
  }));

/** Region by region what will change and what stays: for the screen, and as text for log and record. */
export function tellPlan({ dump, target, changed }: DafangSession, run: DafangRun): void {
  const rows = rowsOf(dump).map((row) => {
    const part = changed.find(({ name }) => name === row.name);
    return part === undefined ? row : { ...row, becomes: examinePart(part, partOf(target, part)).text };
  });
  run.flashMap(rows);
  for (const { name, offset, size, holds, becomes } of rows) {
    const place = `0x${offset.toString(16).padStart(6, '0')} +0x${size.toString(16).padStart(6, '0')}`;
    const what = becomes === undefined ? `stays: ${holds}` : `CHANGES to ${becomes}`;
    run.log('info', `map: ${name.padEnd(7)} ${place} ${what}`);
  }
}
