import * as z from 'zod';
import { type BatchIndex, countUnits, type IndexedRun } from './batch-index.ts';
import type { BatchSummary, UnitResult } from './data-dir.ts';
import type { Files } from './files.ts';
import { readJsonLines } from './jsonl.ts';
import type { RunRecord } from './run-record.ts';
import { judgedUnit, unitLines } from './unit-lines.ts';

export const unitSecretSchema = z.object({ run: z.number(), name: z.string(), value: z.string() });
export type UnitSecret = z.infer<typeof unitSecretSchema>;

/** One line a unit, last run wins; in order of their slots, then of their runs. */
export function unitResults(
  records: readonly RunRecord[],
  cycle: boolean,
  secrets: readonly UnitSecret[] | undefined = undefined,
): UnitResult[] {
  const keyed = records.map((record) => ({
    run: record.run,
    slot: record.slot,
    retryOf: record.retryOf,
    mac: record.identity.mac,
    code: record.code,
    record,
  }));
  return unitLines(keyed, { cycle })
    .map(({ last, runs }) => {
      const numbers = new Set(runs.map(({ run }) => run));
      const own = secrets?.filter(({ run }) => numbers.has(run)).map(({ name, value }) => ({ name, value }));
      return { ...last.record, attempts: runs.length, ...(own !== undefined && { secrets: own }) };
    })
    .sort((a, b) => a.slotNumber - b.slotNumber || a.run - b.run);
}

export async function readSecrets(files: Files, path: string): Promise<UnitSecret[]> {
  const { values } = await readJsonLines(files, path);
  return values
    .map((value) => unitSecretSchema.safeParse(value).data)
    .filter((secret) => secret !== undefined);
}

/** The last run of each unit over all batches that says something of it. */
export function lastRuns(indexes: readonly BatchIndex[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const { runs } of indexes)
    for (const run of runs) {
      const mac = judgedUnit(run);
      if (mac === undefined || run.outcome === undefined || run.code === 'ALREADY_DONE') continue;
      last.set(mac, Math.max(last.get(mac) ?? 0, run.run));
    }
  return last;
}

/** `goingOn`: the process of a batch that is not closed lives. */
export function summarize(
  index: BatchIndex,
  last: ReadonlyMap<string, number>,
  goingOn: boolean,
): BatchSummary {
  const { outcomes, units, notStarted, open } = countUnits(index);
  const going = index.closed === undefined && goingOn;
  const leftOpen = (run: IndexedRun) => run.mac === undefined || last.get(run.mac) === run.run;
  const unfinished = !index.dismissed && (open.some(leftOpen) || (index.closed !== 'done' && notStarted > 0));
  return {
    id: index.id,
    header: index.header,
    startedAt: index.startedAt,
    ...(!going && { endedAt: index.lastAt }),
    outcomes,
    units,
    running: going ? index.slotsAtWork.length : 0,
    waiting: going ? index.header.slots.length - index.slotsBegun.length : 0,
    notStarted: going ? 0 : notStarted,
    state: going ? 'running' : unfinished ? 'unfinished' : 'finished',
    damagedLines: index.damagedLines,
  };
}
