import type { NamedBackup, StoredBackup } from '../core/backup-store.ts';
import type { Clock } from '../core/clock.ts';
import type { LogLine } from '../core/log.ts';
import type { Outcome } from '../core/outcome.ts';
import type { BatchJournal } from './batch-journal.ts';
import type { Files } from './files.ts';
import type { BatchHeader } from './journal-events.ts';
import type { Processes } from './owner-lock.ts';
import type { RunRecord } from './run-record.ts';

/**
 * The records of a bench: everything that must outlive the process. Opened once by the composition root and handed
 * to bench, screen and commands.
 */
export interface DataDir {
  readonly path: string;
  /** True when another process owns it: everything can be looked at, whatever writes throws DATA_DIR_OWNED. */
  readonly readOnly: boolean;
  /** Who owns it when `readOnly`; undefined when nobody does (opened to look on purpose). */
  readonly owner: Owner | undefined;
  /** Flash of the virtual units. Exists unless `readOnly`. */
  readonly virtualFolder: string;
  batchFolder(batchId: string): string;
  /** Free bytes on its disk for this user. */
  freeBytes(): Promise<number>;
  /** Throws DISK_FULL, naming what is needed and what is free, when less than `bytes` is free. */
  needFreeBytes(bytes: number): Promise<void>;

  /** A new batch folder and its journal, on the disk when it resolves. */
  startBatch(header: BatchHeader, options?: StartBatchOptions): Promise<BatchJournal>;
  /** Newest first. */
  batches(): Promise<readonly BatchSummary[]>;
  /** Throws USAGE when there is no such batch. Without an id: the newest. `1` and `B-1` find `B-0001`. */
  results(batchId?: string, options?: { readonly secrets?: boolean }): Promise<BatchResults>;
  /**
   * Writes the results of a batch as CSV and returns the path: `results.csv` in its folder, which `close` of a
   * batch writes too. With `secrets` into `results-secrets.csv`, mode 0600.
   */
  exportCsv(batchId: string, options?: { readonly secrets?: boolean }): Promise<string>;
  /** Every run of a batch, settled or interrupted, in order of their numbers. */
  runs(batchId: string): Promise<readonly RunRecord[]>;
  /** Log of a batch, of one slot when given; oldest first. */
  log(batchId: string, slot?: string): Promise<readonly (LogLine & { readonly slot: string })[]>;
  /** Writes the log of one slot as text (`log-NUMBER.txt` in the batch folder, no secrets) and returns the path. */
  saveLog(batchId: string, slot: string): Promise<string>;
  /** Adds to or replaces the note of a settled run. */
  note(batchId: string, run: number, text: string): Promise<void>;
  /** An unfinished batch is offered no more. */
  dismissBatch(batchId: string): Promise<void>;
  /**
   * By MAC (with or without colons), last six digits or run number: every unit that fits (two units may share
   * their last six digits). A run whose unit never said who it is gives a history without a MAC. Empty when
   * nothing fits; USAGE when the query is none of these.
   */
  units(query: string): Promise<readonly UnitHistory[]>;
  /**
   * A backup file from anywhere, for --backup: whose it is comes from the record beside it or, by its SHA-256,
   * from the batches. Throws FILE_NOT_FOUND, and BACKUP_DAMAGED when the record beside it names another SHA-256.
   */
  namedBackup(file: string): Promise<NamedBackup>;
  /** Closes open batches, gives the directory free. Idempotent. */
  close(): Promise<void>;
}

export interface OpenDataDirOptions {
  /**
   * `false` (default): own it or throw DATA_DIR_OWNED. `'if-owned'`: own it, or only look when another process owns
   * it. `true`: only look.
   */
  readonly readOnly?: boolean | 'if-owned';
  readonly clock?: Clock;
  /** For tests: a disk that fills up or loses bytes. */
  readonly files?: Files;
  /** For tests: processes that died. */
  readonly processes?: Processes;
}

/** The process that owns a data directory. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** ms since the epoch. */
  readonly since: number;
}

export interface StartBatchOptions {
  /** Keys of `header.settings` whose values are secret: they are journalled as `[redacted]`, and redacted in logs. */
  readonly secretSettings?: readonly string[];
  /** More values that must not get into journal and log. */
  readonly secrets?: readonly string[];
}

export interface BatchSummary {
  readonly id: string;
  readonly header: BatchHeader;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Units by outcome, last run wins. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly units: number;
  /** Slots at work, in a batch that is going on. */
  readonly running: number;
  /** Slots whose turn has not come yet, in a batch that is going on. */
  readonly waiting: number;
  /** Slots whose first run never began, in a batch that has ended. */
  readonly notStarted: number;
  /**
   * `running`: its process lives. `unfinished`: units are left INTERRUPTED or UNSURE and no later batch took them
   * further, or slots never started because the process ended; not dismissed since.
   */
  readonly state: 'running' | 'finished' | 'unfinished';
  /** Lines of the journal that could not be read; 0 unless the file was damaged. */
  readonly damagedLines: number;
}

export interface BatchResults {
  readonly batch: BatchSummary;
  /** One line a unit, last run wins; in order of their slots, then of their runs. */
  readonly units: readonly UnitResult[];
}

export interface UnitResult extends RunRecord {
  /** How many runs of this batch went to this unit. */
  readonly attempts: number;
  /** Only when asked for. */
  readonly secrets?: readonly { readonly name: string; readonly value: string }[];
}

export interface UnitHistory {
  /** Missing for a run whose unit never said who it is. */
  readonly mac?: string;
  readonly chip?: string;
  readonly flashSizeBytes?: number;
  /** Oldest first, over all batches. */
  readonly runs: readonly RunRecord[];
  /** Oldest first. */
  readonly backups: readonly KeptBackup[];
}

/** A stored backup with its state now. */
export interface KeptBackup extends StoredBackup {
  readonly batch: string;
  readonly run: number;
  readonly chip?: string;
  /** Hash checked when asked. */
  readonly state: 'ok' | 'damaged' | 'missing';
  /** What it can bring back, one sentence. */
  readonly bringsBack: string;
}

export { defaultDataDir, openDataDir } from './open-data-dir.ts';
