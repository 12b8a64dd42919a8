import type { Clock } from '../core/clock.ts';
import type { LogLine } from '../core/log.ts';
import type { BatchJournal, RunJournal, RunStart } from './batch-journal.ts';
import { indexOf } from './batch-index.ts';
import { type BatchLibrary, batchId, layout, type LiveBatch } from './batch-library.ts';
import { apply, type BatchState, emptyState, interruptedRecord, recordsOf, replay } from './batch-state.ts';
import { removeParts } from './backups.ts';
import type { Counter } from './counter.ts';
import type { StartBatchOptions } from './data-dir.ts';
import { ensureFolder, type Files, onDisk, syncFolder, writeAtomic } from './files.ts';
import type { BatchHeader, JournalEvent } from './journal-events.ts';
import { LineFile, readJsonLines } from './jsonl.ts';
import { LogFile } from './log-file.ts';
import { OpenRun } from './open-run.ts';
import { createRedactor, isSecretKey, REDACTED, type Redactor } from './redact.ts';
import { unitResults } from './results.ts';
import { resultsCsv } from './results-csv.ts';

/** What an open batch needs of its data directory. */
export interface Desk {
  readonly files: Files;
  readonly root: string;
  readonly clock: Clock;
  readonly counter: Counter;
  readonly library: BatchLibrary;
  /** Whether any run so far began to write to this unit. */
  everWrote(mac: string): Promise<boolean>;
}

/** Facts that must survive a power cut before work goes on. */
const DURABLE = new Set<JournalEvent['type']>([
  'batch-started',
  'run-started',
  'identified',
  'backup',
  'write-began',
  'settled',
  'note',
  'batch-closed',
  'batch-dismissed',
  'torn',
]);

/** The journal of one batch, written by this process. */
export class OpenBatch implements BatchJournal, LiveBatch {
  readonly id: string;
  readonly folder: string;
  readonly state: BatchState;
  readonly desk: Desk;
  private readonly secrets: string[];
  private redactor: Redactor;
  private readonly logFile: LogFile;
  private journal: Promise<LineFile> | undefined;
  private wholeBytes: number;

  private constructor(desk: Desk, state: BatchState, journal: LineFile, secrets: readonly string[]) {
    this.desk = desk;
    this.id = state.id;
    this.folder = layout.batch(desk.root, state.id);
    this.state = state;
    this.journal = Promise.resolve(journal);
    this.wholeBytes = journal.bytes;
    this.secrets = [...secrets];
    this.redactor = createRedactor(secrets);
    this.logFile = new LogFile(desk.files, this.folder, desk.clock, (text) => this.redactor(text));
  }

  static async start(desk: Desk, header: BatchHeader, options: StartBatchOptions): Promise<OpenBatch> {
    const { files, root } = desk;
    const id = batchId(await desk.counter.batch());
    await ensureFolder(files, layout.batch(root, id));
    const secretKeys = new Set(options.secretSettings ?? []);
    const isSecret = (key: string) => secretKeys.has(key) || isSecretKey(key);
    const settings = Object.entries(header.settings);
    const secrets = [
      ...(options.secrets ?? []),
      ...settings.filter(([key, value]) => isSecret(key) && value !== '').map(([, value]) => value),
    ];
    const journal = await LineFile.open(files, layout.journal(root, id));
    const batch = new OpenBatch(desk, emptyState(id), journal, secrets);
    const shown = settings.map(([key, value]) => [key, isSecret(key) ? REDACTED : batch.redact(value)]);
    await batch.record({
      type: 'batch-started',
      at: desk.clock.now(),
      batch: id,
      header: {
        ...header,
        settings: Object.fromEntries(shown) as Record<string, string>,
        warnings: header.warnings.map((text) => batch.redact(text)),
      },
    });
    await syncFolder(files, batch.folder);
    await syncFolder(files, layout.batches(root));
    return batch;
  }

  /** Opens the journal of an earlier process again and mends its end. What was torn off is kept in the journal. */
  static async reopen(desk: Desk, id: string): Promise<OpenBatch> {
    const { files, root } = desk;
    const path = layout.journal(root, id);
    const lines = await readJsonLines(files, path);
    await onDisk(path, async () => {
      if (lines.torn !== undefined) await files.truncate(path, lines.wholeBytes);
      if (lines.unterminated) await files.appendFile(path, '\n');
    });
    const state = replay(id, lines.values, lines.damaged);
    const batch = new OpenBatch(desk, state, await LineFile.open(files, path), []);
    if (lines.torn !== undefined)
      await batch.record({ type: 'torn', at: desk.clock.now(), text: lines.torn });
    return batch;
  }

  /** Length of the journal in bytes. */
  get journalBytes(): number {
    return this.wholeBytes;
  }

  redact(text: string): string {
    return this.redactor(text);
  }

  addSecret(value: string): void {
    this.secrets.push(value);
    this.redactor = createRedactor(this.secrets);
  }

  /** Writes the fact, then believes it. */
  async record(event: JournalEvent): Promise<void> {
    const journal = await this.openJournal();
    await journal.append(event, DURABLE.has(event.type));
    this.wholeBytes = journal.bytes;
    apply(this.state, event);
  }

  async slotBegan(slotNumber: number): Promise<void> {
    await this.record({ type: 'slot-began', at: this.desk.clock.now(), slotNumber }).catch(() => {});
  }

  async startRun(start: RunStart): Promise<RunJournal> {
    const run = await this.desk.counter.run();
    await this.record({
      type: 'run-started',
      at: this.desk.clock.now(),
      run,
      slot: start.slot,
      slotNumber: start.slotNumber,
      ...(start.retryOf !== undefined && { retryOf: start.retryOf }),
      ...(start.startedAt !== undefined && { startedAt: start.startedAt }),
      ...(this.state.header.operator !== undefined && { operator: this.state.header.operator }),
    });
    return new OpenRun(this, this.state.runs.get(run)!);
  }

  async note(run: number, text: string): Promise<void> {
    await this.record({ type: 'note', at: this.desk.clock.now(), run, text: this.redact(text) });
  }

  async dismiss(): Promise<void> {
    await this.record({ type: 'batch-dismissed', at: this.desk.clock.now() });
  }

  log(slot: string, level: LogLine['level'], text: string): void {
    this.logFile.add(slot, level, text);
  }

  async flush(): Promise<void> {
    await Promise.all([this.journal?.then((journal) => journal.flush()), this.logFile.flush()]);
  }

  async close(): Promise<void> {
    const unsettled = [...this.state.runs.values()].some(({ record }) => record === undefined);
    try {
      if (!unsettled && this.state.closed === undefined)
        await this.record({ type: 'batch-closed', at: this.desk.clock.now(), how: 'done' });
      await this.writeDerived();
    } catch (error) {
      this.log('', 'error', `The batch could not be closed: ${String(error)}`);
    }
    await this.release().catch(() => {});
  }

  /** For a batch whose process is gone: gives every run without an end its record, once, and closes the batch. */
  async settleInterrupted(): Promise<void> {
    const at = this.desk.clock.now();
    for (const run of [...this.state.runs.values()])
      if (run.record === undefined)
        await this.record({ type: 'settled', at, run: run.run, record: interruptedRecord(this.state, run) });
    await removeParts(this.desk.files, layout.backups(this.desk.root, this.id));
    if (this.state.closed === undefined) await this.record({ type: 'batch-closed', at, how: 'interrupted' });
    await this.writeDerived();
    await this.release();
  }

  /** Lets go of the files; the batch may go on later. */
  async release(): Promise<void> {
    await this.logFile.close();
    const journal = this.journal;
    this.journal = undefined;
    await (await journal)?.close();
  }

  private openJournal(): Promise<LineFile> {
    if (this.journal !== undefined) return this.journal;
    const opening = LineFile.open(this.desk.files, layout.journal(this.desk.root, this.id));
    this.journal = opening;
    opening.catch(() => {
      if (this.journal === opening) this.journal = undefined;
    });
    return opening;
  }

  async writeDerived(): Promise<void> {
    const { files, root } = this.desk;
    const index = indexOf(this.state, this.journalBytes);
    await writeAtomic(files, layout.index(root, this.id), `${JSON.stringify(index)}\n`);
    const records = recordsOf(this.state, root);
    const units = unitResults(records, this.state.header.cycle);
    await writeAtomic(files, layout.csv(root, this.id), resultsCsv(units));
  }
}
