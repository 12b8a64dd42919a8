import type { BackupStore, NamedBackup } from '../core/backup-store.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { LogLine } from '../core/log.ts';
import type { StepId } from '../core/steps.ts';
import type { RunRecord } from './run-record.ts';

/**
 * The open records of one batch. Every promise resolves when the fact is where it must be: on the disk (fsync)
 * for runs, identities, backups, begun writes and verdicts; in the file for the rest. Rejects with DISK_FULL or
 * DATA_DIR_UNUSABLE.
 */
export interface BatchJournal {
  /** `B-0001`. */
  readonly id: string;
  /** Absolute path of the batch folder. */
  readonly folder: string;
  /** Work begins in a slot whose unit has not said who it is yet. Never rejects: the run itself says it again. */
  slotBegan(slotNumber: number): Promise<void>;
  /** Gives the run its number. */
  startRun(start: RunStart): Promise<RunJournal>;
  /** Adds to or replaces the note of a run of this batch. An empty text removes it. */
  note(run: number, text: string): Promise<void>;
  /** Takes out of a text the secrets of this batch: those of its settings, and those that were kept since. */
  redact(text: string): string;
  /** Buffered and redacted; never throws and never waits: a full disk must not stop a run for its log. */
  log(slot: string, level: LogLine['level'], text: string): void;
  /** Writes out what is buffered. */
  flush(): Promise<void>;
  /**
   * All slots are settled and the process is done with it. More runs may still be started: that opens it again.
   * Never rejects: every fact that matters is on the disk already, the rest is made again from the journal.
   */
  close(): Promise<void>;
}

export interface RunStart {
  /** Text of the slot's link, e.g. `/dev/ttyUSB0`, `virtual:lamp#3`. */
  readonly slot: string;
  readonly slotNumber: number;
  /** The run this one repeats on the operator's word. */
  readonly retryOf?: number;
  /** When the slot began with it, ms since the epoch; missing: now. */
  readonly startedAt?: number;
}

/** One run of one unit. */
export interface RunJournal {
  /** Unique and increasing over all batches of the data directory. */
  readonly run: number;
  /** What the unit said of itself; facts add up, a later one replaces an earlier one. On the disk before it resolves. */
  identified(identity: UnitIdentity): Promise<void>;
  /** Never rejects: it is no fact that work waits for, and the next one that is will say that the disk is full. */
  step(step: StepId): Promise<void>;
  /** Never rejects, like `step`; the record has the warning in any case. */
  warning(text: string): Promise<void>;
  /** On the disk before it resolves. From here on, backups of this unit are marked `after-write`. */
  writeBegan(): Promise<void>;
  /** The store of this run: new backups belong to the unit identified last. `commit` journals by itself. */
  backups(named?: NamedBackup): BackupStore;
  /** A value that only this unit has and that must be found again (token, bind key). Kept apart, mode 0600. */
  keepSecret(name: string, value: string): Promise<void>;
  /**
   * Ends the run and returns its record, completed by what the journal knows (identity, newest whole backup,
   * warnings, whether a write began). May be called again when an UNSURE run was proved later: the last one counts.
   */
  settle(end: RunEnd): Promise<RunRecord>;
}

/** What the bench says at the end of a run; the journal knows the rest. */
export type RunEnd = Pick<
  RunRecord,
  | 'outcome'
  | 'step'
  | 'code'
  | 'message'
  | 'advice'
  | 'blame'
  | 'retry'
  | 'evidence'
  | 'next'
  | 'bytesWritten'
  | 'seconds'
  | 'tries'
  | 'note'
> & {
  readonly proof: readonly RunRecord['proof'][number][];
  readonly notDone?: readonly string[];
  /** Those of before the run had its number; the journalled ones need not be told again. */
  readonly warnings?: readonly string[];
  readonly firmware: readonly RunRecord['firmware'][number][];
  /** The checked backup this run relied on, when it was taken in an earlier run. */
  readonly backup?: { readonly file: string; readonly sha256: string; readonly bytes: number };
};
