import type { BatchView, SettledView } from '../../bench/view.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { isGood, OUTCOMES } from '../../core/outcome.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { RunRecord } from '../../records/run-record.ts';
import { unitLines } from '../../records/unit-lines.ts';

/** One unit of a batch as the results show it: its last run. */
export interface ResultRow {
  readonly slotNumber: number;
  readonly place: string;
  /** Set while the slot of a live batch still shows this very run: it can be retried. */
  readonly slotId?: string;
  readonly settled: SettledView;
}

/** Not good first, worst first; then by slot. */
const ORDER: readonly Outcome[] = [
  'FAIL',
  'ERROR',
  'UNSURE',
  'INTERRUPTED',
  'ABORTED',
  'SKIPPED',
  'CURRENT',
  'PASS',
];

export function rowsOfBatch(batch: BatchView): ResultRow[] {
  const rows = batch.slots.flatMap((slot): ResultRow[] => {
    const base = { slotNumber: slot.number, place: slot.label };
    const earlier = slot.earlier.map((settled): ResultRow => ({ ...base, settled }));
    return slot.settled === undefined
      ? earlier
      : [...earlier, { ...base, slotId: slot.id, settled: slot.settled }];
  });
  return lastOfEachUnit(rows, batch.cycle);
}

/** Of a batch in the records. Several runs of one slot with other MACs are a cycle, or it would not matter. */
export const rowsOfRecords = (records: readonly RunRecord[]): ResultRow[] =>
  lastOfEachUnit(
    records.map((record) => ({
      slotNumber: record.slotNumber,
      place: record.slot,
      settled: settledOfRecord(record),
    })),
    false,
  );

export function settledOfRecord(record: RunRecord): SettledView {
  const { outcome, message, proof, run, step, identity, firmware, bytesWritten, seconds, tries, warnings } =
    record;
  return {
    outcome,
    message,
    proof,
    run,
    step,
    identity: identity,
    firmware,
    bytesWritten,
    seconds,
    tries,
    warnings,
    ...(record.code !== undefined && { code: record.code as ErrorCode }),
    ...(record.advice !== undefined && { advice: record.advice }),
    ...(record.blame !== undefined && { blame: record.blame }),
    ...(record.retry !== undefined && { retry: record.retry }),
    ...(record.evidence !== undefined && { evidence: record.evidence }),
    ...(record.notDone !== undefined && { notDone: record.notDone }),
    ...(record.next !== undefined && { next: record.next }),
    ...(record.backup !== undefined && { backup: record.backup }),
    ...(record.note !== undefined && { note: record.note }),
  };
}

/** Results count units, not attempts. */
function lastOfEachUnit(rows: readonly ResultRow[], cycle: boolean): ResultRow[] {
  const keyed = rows.map((row) => ({
    run: row.settled.run,
    slot: row.place,
    mac: row.settled.identity.mac,
    code: row.settled.code,
    row,
  }));
  return unitLines(keyed, { cycle })
    .map(({ last }) => last.row)
    .sort(
      (a, b) =>
        ORDER.indexOf(a.settled.outcome) - ORDER.indexOf(b.settled.outcome) ||
        a.slotNumber - b.slotNumber ||
        a.settled.run - b.settled.run,
    );
}

export function countRows(rows: readonly ResultRow[]): Record<Outcome, number> {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const row of rows) counts[row.settled.outcome] += 1;
  return counts;
}

export const isOpenResult = (row: ResultRow): boolean => !isGood(row.settled.outcome);
