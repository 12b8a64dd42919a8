import { join } from 'node:path';
import type { BackupRecord } from './backups.ts';
import { backupsIn, unitFolder } from './backups.ts';
import { type BatchIndex, batchIndexSchema, asInterrupted, indexOf } from './batch-index.ts';
import { type BatchState, recordsOf, replay } from './batch-state.ts';
import { diskError, type Files, isMissing, namesIn, readText } from './files.ts';
import { readJsonLines } from './jsonl.ts';
import type { RunRecord } from './run-record.ts';

/** Where everything lies in a data directory: the one place that says so. */
export const layout = {
  batches: (root: string) => join(root, 'batches'),
  /** One folder a batch. */
  batch: (root: string, id: string) => join(root, 'batches', id),
  /** The truth: every fact of the batch, one JSON line each. */
  journal: (root: string, id: string) => join(root, 'batches', id, 'journal.jsonl'),
  /** Derived from the journal for quick lists. */
  index: (root: string, id: string) => join(root, 'batches', id, 'batch.json'),
  /** Derived: one line a unit. */
  csv: (root: string, id: string) => join(root, 'batches', id, 'results.csv'),
  /** The log of one slot as text, where somebody saved it. */
  slotLog: (root: string, id: string, slot: number) => join(root, 'batches', id, `log-${slot}.txt`),
  /** What only a unit has and must be found again; in no other file of the records. */
  secrets: (root: string, id: string) => join(root, 'batches', id, 'secrets.jsonl'),
  /** `backups/<mac>/<time>-run<number>-<kind>.bin`, each with its record `.bin.json` beside it. */
  backups: (root: string, id: string) => join(root, 'batches', id, 'backups'),
  unitBackups: (root: string, id: string, mac: string | undefined) =>
    join(root, 'batches', id, 'backups', unitFolder(mac)),
  /** Flash of the virtual units. */
  virtual: (root: string) => join(root, 'virtual'),
};

export const batchId = (number: number): string => `B-${String(number).padStart(4, '0')}`;
export const batchNumber = (id: string): number => Number(id.slice(2));

/** A batch of this process, newer than its files. */
export interface LiveBatch {
  readonly state: BatchState;
  readonly journalBytes: number;
}

/** Reads what is kept of all batches. */
export class BatchLibrary {
  private readonly cache = new Map<string, BatchIndex>();
  private readonly unfit = new Set<string>();
  private readonly files: Files;
  private readonly root: string;
  private readonly live: (id: string) => LiveBatch | undefined;
  /** False while another process may be writing: its runs have no end because they go on. */
  private readonly ownersAreGone: boolean;

  constructor(
    files: Files,
    root: string,
    live: (id: string) => LiveBatch | undefined,
    ownersAreGone: boolean,
  ) {
    this.files = files;
    this.root = root;
    this.live = live;
    this.ownersAreGone = ownersAreGone;
  }

  /** Oldest first. */
  async ids(): Promise<string[]> {
    const names = await namesIn(this.files, layout.batches(this.root));
    return names.filter((name) => /^B-\d{4,}$/.test(name)).sort((a, b) => batchNumber(a) - batchNumber(b));
  }

  /** Oldest first; folders in which nothing ever began are left out. */
  async indexes(): Promise<BatchIndex[]> {
    const found = await Promise.all((await this.ids()).map((id) => this.index(id)));
    return found.filter((index) => index !== undefined);
  }

  async index(id: string): Promise<BatchIndex | undefined> {
    const live = this.live(id);
    if (live !== undefined) return indexOf(live.state, live.journalBytes);
    const journalBytes = await this.journalBytes(id);
    if (journalBytes === 0) return undefined;
    const known = this.cache.get(id) ?? (await this.keptIndex(id));
    if (known?.journalBytes === journalBytes) {
      this.cache.set(id, known);
      return known;
    }
    const index = indexOf(await this.state(id), journalBytes);
    this.cache.set(id, index);
    this.unfit.add(id);
    return index;
  }

  /** True when `index` found a batch that no process closed, or whose `batch.json` does not fit its journal. */
  needsMending(index: BatchIndex): boolean {
    return index.closed === undefined || this.unfit.has(index.id);
  }

  private async keptIndex(id: string): Promise<BatchIndex | undefined> {
    try {
      const text = await readText(this.files, layout.index(this.root, id));
      return text === undefined ? undefined : batchIndexSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }

  /** The whole journal folded up; runs of a process that is gone are marked INTERRUPTED. */
  async state(id: string): Promise<BatchState> {
    const live = this.live(id);
    if (live !== undefined) return live.state;
    const { values, damaged } = await readJsonLines(this.files, layout.journal(this.root, id));
    const state = replay(id, values, damaged);
    return this.ownersAreGone ? asInterrupted(state) : state;
  }

  /** Runs that have an end, in order of their numbers. */
  async records(id: string): Promise<RunRecord[]> {
    return recordsOf(await this.state(id), this.root);
  }

  /** Backups of a unit (undefined: of the units that did not say who they are) in all batches, oldest first. */
  async backups(mac: string | undefined): Promise<{ file: string; record: BackupRecord }[]> {
    const ids = await this.ids();
    const found = await Promise.all(
      ids.map((id) => backupsIn(this.files, layout.unitBackups(this.root, id, mac))),
    );
    return found
      .flat()
      .filter(({ record }) => record.mac === mac)
      .sort((a, b) => a.record.takenAt - b.record.takenAt || a.record.run - b.record.run);
  }

  private async journalBytes(id: string): Promise<number> {
    const path = layout.journal(this.root, id);
    try {
      return (await this.files.stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw diskError(error, path);
    }
  }
}
