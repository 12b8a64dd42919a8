import { isAbsolute, join, relative, sep } from 'node:path';
import type { UnitIdentity } from '../core/identity.ts';
import { STEP_IDS, type StepId } from '../core/steps.ts';
import { type BatchHeader, type JournalEvent, journalEventSchema } from './journal-events.ts';
import type { RunRecord } from './run-record.ts';

export type JournalledBackup = Extract<JournalEvent, { type: 'backup' }>['backup'];

/** What the journal of a batch says, folded up. */
export interface BatchState {
  readonly id: string;
  header: BatchHeader;
  startedAt: number;
  /** When the last thing happened to a unit. */
  lastAt: number;
  closed: { readonly how: 'done' | 'interrupted'; readonly at: number } | undefined;
  dismissed: boolean;
  readonly runs: Map<number, RunState>;
  /** Numbers of the slots where work ever began. */
  readonly slotsBegun: Set<number>;
  /** Of those the ones where it goes on. */
  readonly slotsAtWork: Set<number>;
  damagedLines: number;
}

export interface RunState {
  readonly run: number;
  readonly slot: string;
  readonly slotNumber: number;
  readonly retryOf: number | undefined;
  readonly operator: string | undefined;
  readonly startedAt: number;
  lastAt: number;
  identity: UnitIdentity;
  step: StepId;
  readonly backups: JournalledBackup[];
  wrote: boolean;
  readonly warnings: string[];
  record: RunRecord | undefined;
  note: string | undefined;
}

/** Stands in when the first line of a journal was lost. */
const LOST_HEADER: BatchHeader = {
  flow: 'unknown',
  flowTitle: 'unknown (the first line of the journal is damaged)',
  device: 'unknown',
  task: 'flash',
  cycle: false,
  practice: false,
  slots: [],
  firmware: [],
  files: [],
  links: [],
  settings: {},
  assume: [],
  warnings: [],
};

export function emptyState(id: string): BatchState {
  return {
    id,
    header: LOST_HEADER,
    startedAt: 0,
    lastAt: 0,
    closed: undefined,
    dismissed: false,
    runs: new Map(),
    slotsBegun: new Set(),
    slotsAtWork: new Set(),
    damagedLines: 0,
  };
}

/** Folds journal lines up; what is no event of this version is counted when damaged and passed over when newer. */
export function replay(id: string, lines: readonly unknown[], damagedLines: number): BatchState {
  const state = emptyState(id);
  state.damagedLines = damagedLines;
  for (const line of lines) {
    const event = journalEventSchema.safeParse(line);
    if (event.success) apply(state, event.data);
    else if (!isNewerEvent(line)) state.damagedLines++;
  }
  return state;
}

const KNOWN_TYPES = new Set<unknown>(journalEventSchema.options.map((option) => option.shape.type.value));
const isNewerEvent = (line: unknown) =>
  typeof line === 'object' && line !== null && 'type' in line && !KNOWN_TYPES.has(line.type);

/** Said of a batch when its work was over: they do not move its end. */
const AFTERWARDS = new Set<JournalEvent['type']>(['note', 'batch-closed', 'batch-dismissed', 'torn']);

export function apply(state: BatchState, event: JournalEvent): void {
  state.startedAt ||= event.at;
  if (!AFTERWARDS.has(event.type)) state.lastAt = event.type === 'settled' ? event.record.endedAt : event.at;
  switch (event.type) {
    case 'batch-started':
      state.header = event.header;
      return;
    case 'batch-closed':
      state.closed = { how: event.how, at: event.at };
      return;
    case 'batch-dismissed':
      state.dismissed = true;
      return;
    case 'torn':
      return;
    case 'slot-began':
      workBegins(state, event.slotNumber);
      return;
    case 'run-started':
      workBegins(state, event.slotNumber);
      state.runs.set(event.run, {
        run: event.run,
        slot: event.slot,
        slotNumber: event.slotNumber,
        retryOf: event.retryOf,
        operator: event.operator,
        startedAt: event.startedAt ?? event.at,
        lastAt: event.at,
        identity: {},
        step: 'detect',
        backups: [],
        wrote: false,
        warnings: [],
        record: undefined,
        note: undefined,
      });
      return;
  }
  const run = state.runs.get(event.run);
  if (run === undefined) {
    applyToLostRun(state, event);
    return;
  }
  if (event.type !== 'note') run.lastAt = event.at;
  switch (event.type) {
    case 'identified':
      run.identity = { ...run.identity, ...event.identity };
      return;
    case 'step':
      run.step = event.step;
      return;
    case 'backup':
      run.backups.push(event.backup);
      return;
    case 'write-began':
      run.wrote = true;
      return;
    case 'warning':
      run.warnings.push(event.text);
      return;
    case 'note':
      run.note = event.text;
      return;
    case 'settled':
      state.slotsAtWork.delete(run.slotNumber);
      run.record = event.record;
      run.identity = { ...run.identity, ...event.record.identity };
  }
}

function workBegins(state: BatchState, slotNumber: number): void {
  state.closed = undefined;
  state.dismissed = false;
  state.slotsBegun.add(slotNumber);
  state.slotsAtWork.add(slotNumber);
}

/** A verdict is complete in itself: it counts even where the line that began its run was lost. */
function applyToLostRun(state: BatchState, event: JournalEvent): void {
  if (event.type !== 'settled') return;
  const { record } = event;
  state.slotsAtWork.delete(record.slotNumber);
  state.runs.set(record.run, {
    run: record.run,
    slot: record.slot,
    slotNumber: record.slotNumber,
    retryOf: record.retryOf,
    operator: record.operator,
    startedAt: record.startedAt,
    lastAt: event.at,
    identity: record.identity,
    step: record.step,
    backups: [],
    wrote: record.wrote,
    warnings: [...record.warnings],
    record,
    note: undefined,
  });
}

/** The record of a run as it stands now; undefined while it has no end. */
export function recordOf(run: RunState): RunRecord | undefined {
  if (run.record === undefined) return undefined;
  if (run.note === undefined) return run.record;
  const { note: _replaced, ...record } = run.record;
  return run.note === '' ? record : { ...record, note: run.note };
}

/** Runs that have an end, in order of their numbers, as they stand outside the data directory. */
export function recordsOf(state: BatchState, root: string): RunRecord[] {
  return [...state.runs.values()]
    .map(recordOf)
    .filter((record) => record !== undefined)
    .map((record) => withAbsolutePaths(root, record))
    .sort((a, b) => a.run - b.run);
}

/** The record of a run whose process ended in the middle of it: what is known, and the way on. Nothing is assumed. */
export function interruptedRecord(state: BatchState, run: RunState): RunRecord {
  const backup = newestBackup(run);
  const mac = run.identity.mac;
  const facts = [
    mac == null ? 'the unit had not said who it is' : `unit ${mac}`,
    backup === undefined ? 'no backup was finished in this run' : 'its backup was finished and checked',
    run.wrote ? 'a write to the unit had begun' : 'nothing had been written',
  ];
  return {
    batch: state.id,
    run: run.run,
    ...(run.retryOf != null && { retryOf: run.retryOf }),
    flow: state.header.flow,
    task: state.header.task,
    slot: run.slot,
    slotNumber: run.slotNumber,
    outcome: 'INTERRUPTED',
    step: run.step,
    code: 'INTERRUPTED',
    message: `The program ended during ${run.step}: ${facts.join(', ')}.`,
    advice: run.wrote
      ? 'Run this unit again now: until then it may not start. Do not put it back into use.'
      : 'Run this unit again when ready; it is as it was.',
    blame: 'bench',
    retry: run.wrote
      ? 'Starts again at detect; backups that were checked are kept, what is in flash already is not written twice.'
      : 'Starts again at detect; nothing has been written.',
    proof: [],
    notDone: STEP_IDS.slice(STEP_IDS.indexOf(run.step)).map((step) => `${step} not finished`),
    identity: run.identity,
    ...(backup !== undefined && { backup }),
    firmware: run.wrote
      ? state.header.firmware.map(({ slot, file, sha256 }) => ({ slot, file, sha256 }))
      : [],
    warnings: run.warnings,
    bytesWritten: 0,
    wrote: run.wrote,
    startedAt: run.startedAt,
    endedAt: run.lastAt,
    seconds: Math.max(0, (run.lastAt - run.startedAt) / 1000),
    tries: 1,
    ...((run.operator ?? state.header.operator) != null && {
      operator: run.operator ?? state.header.operator,
    }),
    ...(run.note != null && run.note !== '' && { note: run.note }),
  };
}

/** The backup a record names: the newest whole one of the run. */
export function newestBackup(run: RunState): RunRecord['backup'] {
  const backup = run.backups.findLast(({ whole }) => whole) ?? run.backups.at(-1);
  return backup && { file: backup.file, sha256: backup.sha256, bytes: backup.bytes };
}

/** Paths inside the data directory are journalled relative to it, so that it can be moved or copied as a whole. */
export function relativeTo(folder: string, path: string): string {
  const inside = relative(folder, path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/');
}
export const absoluteFrom = (folder: string, path: string): string =>
  isAbsolute(path) ? path : join(folder, path);

export function withAbsolutePaths(folder: string, record: RunRecord): RunRecord {
  if (record.backup === undefined) return record;
  return { ...record, backup: { ...record.backup, file: absoluteFrom(folder, record.backup.file) } };
}
