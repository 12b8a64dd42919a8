import * as z from 'zod';
import { OUTCOMES, type Outcome } from '../core/outcome.ts';
import { type BatchState, interruptedRecord, recordOf, type RunState } from './batch-state.ts';
import { batchHeaderSchema } from './journal-events.ts';
import { unitLines } from './unit-lines.ts';

/**
 * `batch.json`: what lists and searches need of a batch, so that they read no journals. Derived: good as long as
 * the journal still has `journalBytes` bytes, made anew otherwise, and may be deleted.
 */
export const batchIndexSchema = z.object({
  version: z.literal(1),
  journalBytes: z.number(),
  id: z.string(),
  header: batchHeaderSchema,
  startedAt: z.number(),
  lastAt: z.number(),
  closed: z.enum(['done', 'interrupted']).optional(),
  dismissed: z.boolean(),
  damagedLines: z.number(),
  /** Numbers of slots: where work ever began, and where it goes on. */
  slotsBegun: z.array(z.number()).default([]),
  slotsAtWork: z.array(z.number()).default([]),
  runs: z.array(
    z.object({
      run: z.number(),
      slot: z.string(),
      slotNumber: z.number(),
      retryOf: z.number().optional(),
      mac: z.string().optional(),
      /** Missing: has no end. */
      outcome: z.enum(OUTCOMES).optional(),
      code: z.string().optional(),
      wrote: z.boolean(),
      backups: z.array(z.object({ file: z.string(), sha256: z.string() })),
    }),
  ),
});
export type BatchIndex = z.infer<typeof batchIndexSchema>;
export type IndexedRun = BatchIndex['runs'][number];

export function indexOf(state: BatchState, journalBytes: number): BatchIndex {
  return {
    version: 1,
    journalBytes,
    id: state.id,
    header: state.header,
    startedAt: state.startedAt,
    lastAt: state.lastAt,
    ...(state.closed && { closed: state.closed.how }),
    dismissed: state.dismissed,
    damagedLines: state.damagedLines,
    slotsBegun: [...state.slotsBegun],
    slotsAtWork: [...state.slotsAtWork],
    runs: [...state.runs.values()].map(indexedRun),
  };
}

function indexedRun(run: RunState): IndexedRun {
  const record = recordOf(run);
  return {
    run: run.run,
    slot: run.slot,
    slotNumber: run.slotNumber,
    ...(run.retryOf != null && { retryOf: run.retryOf }),
    ...(run.identity.mac != null && { mac: run.identity.mac }),
    ...(record && { outcome: record.outcome }),
    ...(record?.code != null && { code: record.code }),
    wrote: run.wrote,
    backups: run.backups.map(({ file, sha256 }) => ({ file, sha256 })),
  };
}

/** The same batch with the runs that will never end marked INTERRUPTED: for a batch whose process is gone. */
export function asInterrupted(state: BatchState): BatchState {
  const runs = new Map<number, RunState>();
  for (const [number, run] of state.runs)
    runs.set(number, run.record ? run : { ...run, record: interruptedRecord(state, run) });
  return { ...state, runs, closed: state.closed ?? { how: 'interrupted', at: state.lastAt } };
}

export interface BatchCounts {
  readonly outcomes: Record<Outcome, number>;
  readonly units: number;
  readonly notStarted: number;
  /** Units whose last run leaves something to be done, by the run that says so. */
  readonly open: readonly IndexedRun[];
}

export function countUnits(index: BatchIndex): BatchCounts {
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const ended = index.runs.filter(({ outcome }) => outcome !== undefined);
  const lines = unitLines(ended, { cycle: index.header.cycle });
  const open: IndexedRun[] = [];
  for (const { last } of lines) {
    outcomes[last.outcome!]++;
    if (last.outcome === 'INTERRUPTED' || last.outcome === 'UNSURE') open.push(last);
  }
  const begun = new Set(index.runs.map(({ slotNumber }) => slotNumber));
  return {
    outcomes,
    units: lines.length,
    notStarted: index.header.slots.filter(({ number }) => !begun.has(number)).length,
    open,
  };
}
