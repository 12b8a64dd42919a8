import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import type { NamedBackup } from '../core/backup-store.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { BenchError, isBenchError } from '../core/errors.ts';
import type { BatchJournal } from './batch-journal.ts';
import { BatchLibrary, batchId, batchNumber, layout } from './batch-library.ts';
import { freeBytes, needFreeBytes } from './backups.ts';
import { Counter } from './counter.ts';
import type {
  BatchResults,
  BatchSummary,
  DataDir,
  OpenDataDirOptions,
  Owner,
  StartBatchOptions,
  UnitHistory,
} from './data-dir.ts';
import { ensureFolder, type Files, systemFiles, writeAtomic } from './files.ts';
import type { BatchHeader } from './journal-events.ts';
import { readLog, type SlotLogLine } from './log-file.ts';
import { namedBackup } from './named-backup.ts';
import { type Desk, OpenBatch } from './open-batch.ts';
import { livingOwner, ownedBy, OwnerLock, type Processes, systemProcesses } from './owner-lock.ts';
import { lastRuns, readSecrets, summarize, unitResults } from './results.ts';
import { resultsCsv } from './results-csv.ts';
import type { RunRecord } from './run-record.ts';
import { findUnits } from './unit-history.ts';

/** `benchflash` in the place where this system keeps data of programs. */
export const defaultDataDir = (): string => envPaths('benchflash', { suffix: '' }).data;

/** Opens (and creates) a data directory. Throws DATA_DIR_OWNED, DATA_DIR_UNUSABLE, DISK_FULL. */
export async function openDataDir(path: string, options: OpenDataDirOptions = {}): Promise<DataDir> {
  const files = options.files ?? systemFiles;
  const processes = options.processes ?? (await systemProcesses(files));
  const clock = options.clock ?? systemClock;
  const root = resolve(path);
  if (options.readOnly === true) return OpenDataDir.look(files, root, clock, processes);
  try {
    return await OpenDataDir.own(files, root, clock, processes);
  } catch (error) {
    if (options.readOnly !== 'if-owned' || !isBenchError(error, 'DATA_DIR_OWNED')) throw error;
    return OpenDataDir.look(files, root, clock, processes);
  }
}

class OpenDataDir implements DataDir {
  readonly path: string;
  readonly owner: Owner | undefined;
  readonly virtualFolder: string;
  private readonly files: Files;
  private readonly clock: Clock;
  private readonly lock: OwnerLock | undefined;
  private readonly library: BatchLibrary;
  private readonly open = new Map<string, OpenBatch>();
  private counter: Counter | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    files: Files,
    root: string,
    clock: Clock,
    held: { readonly lock: OwnerLock } | { readonly owner: Owner | undefined },
  ) {
    this.files = files;
    this.path = root;
    this.clock = clock;
    this.virtualFolder = layout.virtual(root);
    this.lock = 'lock' in held ? held.lock : undefined;
    this.owner = 'lock' in held ? undefined : held.owner;
    this.library = new BatchLibrary(files, root, (id) => this.open.get(id), this.owner === undefined);
  }

  static async own(files: Files, root: string, clock: Clock, processes: Processes): Promise<DataDir> {
    await ensureFolder(files, root);
    const lock = await OwnerLock.take(files, processes, root, clock.now());
    try {
      await ensureFolder(files, layout.batches(root));
      await ensureFolder(files, layout.virtual(root));
      const dataDir = new OpenDataDir(files, root, clock, { lock });
      await dataDir.settleWhatWasLeft();
      return dataDir;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async look(files: Files, root: string, clock: Clock, processes: Processes): Promise<DataDir> {
    const owner = await livingOwner(files, processes, root);
    return new OpenDataDir(files, root, clock, {
      owner: owner && { pid: owner.pid, host: owner.host, since: owner.since },
    });
  }

  get readOnly(): boolean {
    return this.lock === undefined;
  }

  batchFolder(id: string): string {
    return layout.batch(this.path, id);
  }

  async freeBytes(): Promise<number> {
    return (await freeBytes(this.files, this.path)) ?? Number.POSITIVE_INFINITY;
  }

  needFreeBytes(bytes: number): Promise<void> {
    return needFreeBytes(this.files, this.path, bytes);
  }

  async startBatch(header: BatchHeader, options: StartBatchOptions = {}): Promise<BatchJournal> {
    await this.mustOwn().check(this.path);
    const batch = await OpenBatch.start(this.desk(), header, options);
    this.open.set(batch.id, batch);
    return batch;
  }

  async batches(): Promise<readonly BatchSummary[]> {
    const indexes = await this.library.indexes();
    const last = lastRuns(indexes);
    return indexes.map((index) => summarize(index, last, this.goesOn(index.id))).reverse();
  }

  async results(id?: string, options: { readonly secrets?: boolean } = {}): Promise<BatchResults> {
    const found = await this.findBatch(id);
    const batches = await this.batches();
    const batch = batches.find((summary) => summary.id === found)!;
    const secrets = options.secrets
      ? await readSecrets(this.files, layout.secrets(this.path, found))
      : undefined;
    const units = unitResults(await this.library.records(found), batch.header.cycle, secrets);
    return { batch, units };
  }

  async exportCsv(id: string, options: { readonly secrets?: boolean } = {}): Promise<string> {
    this.mustOwn();
    const { batch, units } = await this.results(id, options);
    const file = options.secrets
      ? join(this.batchFolder(batch.id), 'results-secrets.csv')
      : layout.csv(this.path, batch.id);
    await writeAtomic(this.files, file, resultsCsv(units, options));
    return file;
  }

  async runs(id: string): Promise<readonly RunRecord[]> {
    return this.library.records(await this.findBatch(id));
  }

  async log(id: string, slot?: string): Promise<readonly SlotLogLine[]> {
    const found = await this.findBatch(id);
    await this.open.get(found)?.flush();
    return readLog(this.files, this.batchFolder(found), slot);
  }

  async saveLog(id: string, slot: string): Promise<string> {
    this.mustOwn();
    const { header } = await this.library.state(await this.findBatch(id));
    const number = header.slots.find(({ link }) => link === slot)?.number;
    if (number === undefined) throw new BenchError('USAGE', { message: `Batch ${id} has no slot ${slot}.` });
    const lines = (await this.log(id, slot)).map(
      ({ time, level, text }) => `${new Date(time).toISOString()}  ${level}  ${text}\n`,
    );
    const path = layout.slotLog(this.path, await this.findBatch(id), number);
    await writeAtomic(this.files, path, lines.join(''));
    return path;
  }

  async note(id: string, run: number, text: string): Promise<void> {
    await this.withBatch(id, async (batch) => {
      if (!batch.state.runs.has(run))
        throw new BenchError('USAGE', { message: `Batch ${batch.id} has no run ${run}.` });
      await batch.note(run, text);
    });
  }

  async dismissBatch(id: string): Promise<void> {
    await this.withBatch(id, (batch) => batch.dismiss());
  }

  units(query: string): Promise<readonly UnitHistory[]> {
    return findUnits(this.files, this.library, query);
  }

  namedBackup(file: string): Promise<NamedBackup> {
    return namedBackup(this.files, this.library, this.path, file);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    try {
      for (const batch of this.open.values()) await batch.close();
    } finally {
      await this.lock?.release();
    }
  }

  private goesOn(id: string): boolean {
    return this.open.has(id) || this.owner !== undefined;
  }

  private mustOwn(): OwnerLock {
    if (this.lock !== undefined) return this.lock;
    if (this.owner !== undefined) throw ownedBy(this.owner, this.path);
    throw new BenchError('DATA_DIR_OWNED', {
      message: `The data directory ${this.path} was opened only to look.`,
    });
  }

  private desk(): Desk {
    return {
      files: this.files,
      root: this.path,
      clock: this.clock,
      counter: this.counter!,
      library: this.library,
      everWrote: async (mac) =>
        (await this.library.indexes()).some(({ runs }) => runs.some((run) => run.wrote && run.mac === mac)),
    };
  }

  /** Gives the runs of processes that are gone their INTERRUPTED record, and finds the next free numbers. */
  private async settleWhatWasLeft(): Promise<void> {
    const indexes = await this.library.indexes();
    const used = {
      run: Math.max(0, ...indexes.flatMap(({ runs }) => runs.map(({ run }) => run))),
      batch: Math.max(0, ...(await this.library.ids()).map(batchNumber)),
    };
    this.counter = await Counter.open(this.files, this.path, used);
    for (const index of indexes.filter((each) => this.library.needsMending(each))) {
      const batch = await OpenBatch.reopen(this.desk(), index.id);
      await batch.settleInterrupted();
    }
  }

  /** Work on the journal of a batch, which is opened for it when it is not open. */
  private async withBatch(id: string, work: (batch: OpenBatch) => Promise<void>): Promise<void> {
    this.mustOwn();
    const found = await this.findBatch(id);
    const open = this.open.get(found);
    if (open !== undefined) return work(open);
    const batch = await OpenBatch.reopen(this.desk(), found);
    try {
      await work(batch);
      await batch.writeDerived();
    } finally {
      await batch.release();
    }
  }

  private async findBatch(text: string | undefined): Promise<string> {
    const ids = (await this.library.indexes()).map(({ id }) => id);
    const number = text === undefined ? undefined : /^(?:b-?)?0*(\d+)$/i.exec(text.trim())?.[1];
    const wanted = text === undefined ? ids.at(-1) : number && batchId(Number(number));
    if (wanted !== undefined && ids.includes(wanted)) return wanted;
    throw new BenchError('USAGE', {
      message:
        ids.length === 0
          ? `There are no batches in ${this.path} yet.`
          : `There is no batch ${text ?? ''}; the newest is ${ids.at(-1)}.`,
    });
  }
}
