import type { PartFinding } from '../../src/firmware/dafang/dump.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import { partOf } from '../../src/firmware/dafang/flash-map.ts';
import type { FlashMapRow } from '../flow.ts';
import type { DafangRun, DafangSession } from './session.ts';

export function mapRows(session: DafangSession, findings: readonly PartFinding[]): FlashMapRow[] {
  return findings.map(({ part, state, text }) => ({
    name: part.name,
    offset: part.offset,
    size: part.size,
    holds: text,
    good: state === 'good',
    ...(session.changed.includes(part) && {
      becomes: examinePart(part, partOf(session.target, part)).text,
    }),
  }));
}

/** Region by region what will change and what stays: for the screen, and as text for log and record. */
export function showMap(session: DafangSession, run: DafangRun, findings: readonly PartFinding[]): void {
  const rows = mapRows(session, findings);
  run.flashMap(rows);
  for (const { name, offset, size, holds, becomes } of rows) {
    const place = `0x${offset.toString(16).padStart(6, '0')} +0x${size.toString(16).padStart(6, '0')}`;
    run.log(
      'info',
      `map: ${name.padEnd(7)} ${place} ${becomes === undefined ? `stays: ${holds}` : `CHANGES to ${becomes}`}`,
    );
  }
}
