import type { BackupStore, BackupWriter, NamedBackup, StoredBackup } from '../core/backup-store.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { StepId } from '../core/steps.ts';
import { backupState, createBackup, readBackup, toStored } from './backups.ts';
import type { RunEnd, RunJournal } from './batch-journal.ts';
import { layout } from './batch-library.ts';
import { newestBackup, relativeTo, type RunState, withAbsolutePaths } from './batch-state.ts';
import { LineFile } from './jsonl.ts';
import type { OpenBatch } from './open-batch.ts';
import { redactEnd } from './redact-end.ts';
import type { RunRecord } from './run-record.ts';

/** The part of a batch journal that one run writes. */
export class OpenRun implements RunJournal {
  readonly run: number;
  private readonly batch: OpenBatch;
  private readonly state: RunState;

  constructor(batch: OpenBatch, state: RunState) {
    this.batch = batch;
    this.state = state;
    this.run = state.run;
  }

  private get now(): number {
    return this.batch.desk.clock.now();
  }

  async identified(identity: UnitIdentity): Promise<void> {
    await this.batch.record({ type: 'identified', at: this.now, run: this.run, identity });
  }

  async step(step: StepId): Promise<void> {
    this.state.step = step;
    await this.batch.record({ type: 'step', at: this.now, run: this.run, step }).catch(() => {});
  }

  async warning(text: string): Promise<void> {
    const shown = this.batch.redact(text);
    const event = { type: 'warning', at: this.now, run: this.run, text: shown } as const;
    await this.batch.record(event).catch(() => this.state.warnings.push(shown));
  }

  async writeBegan(): Promise<void> {
    await this.batch.record({ type: 'write-began', at: this.now, run: this.run });
  }

  async keepSecret(name: string, value: string): Promise<void> {
    const { files, root } = this.batch.desk;
    this.batch.addSecret(value);
    const file = await LineFile.open(files, layout.secrets(root, this.batch.id));
    try {
      await file.append({ run: this.run, name, value }, true);
    } finally {
      await file.close();
    }
  }

  backups(named?: NamedBackup): BackupStore {
    const { files } = this.batch.desk;
    return {
      named,
      create: (kind, totalBytes) => this.createBackup(kind, totalBytes),
      newestWhole: (mac, kind) => this.newestWhole(mac, kind),
      ofUnit: (mac, kind) => this.ofUnit(mac, kind),
      read: (backup) => readBackup(files, backup.file, backup.sha256),
    };
  }

  async settle(told: RunEnd): Promise<RunRecord> {
    const end = redactEnd(told, (text) => this.batch.redact(text));
    const { desk, state: batch } = this.batch;
    const backup = end.backup ?? newestBackup(this.state);
    const operator = this.state.operator;
    const endedAt = this.now;
    const record: RunRecord = {
      batch: batch.id,
      run: this.run,
      ...(this.state.retryOf !== undefined && { retryOf: this.state.retryOf }),
      flow: batch.header.flow,
      task: batch.header.task,
      slot: this.state.slot,
      slotNumber: this.state.slotNumber,
      ...withoutUndefined({
        outcome: end.outcome,
        step: end.step,
        code: end.code,
        message: end.message,
        advice: end.advice,
        blame: end.blame,
        retry: end.retry,
        proof: [...end.proof],
        evidence: end.evidence,
        notDone: end.notDone && [...end.notDone],
        next: end.next,
        identity: this.state.identity,
        backup: backup && { ...backup, file: relativeTo(desk.root, backup.file) },
        firmware: end.firmware.map(({ slot, file, sha256 }) => ({ slot, file, sha256 })),
        warnings: [...new Set([...(end.warnings ?? []), ...this.state.warnings])],
        bytesWritten: end.bytesWritten,
        wrote: this.state.wrote,
        startedAt: this.state.startedAt,
        endedAt,
        seconds: end.seconds,
        tries: end.tries,
        operator,
        note: end.note,
      }),
    };
    await this.batch.record({ type: 'settled', at: endedAt, run: this.run, record });
    return withAbsolutePaths(desk.root, record);
  }

  private async createBackup(kind: string, totalBytes: number): Promise<BackupWriter> {
    const { desk, id, state: batch } = this.batch;
    const { mac, chip, flashId } = this.state.identity;
    const wrote = this.state.wrote || (mac !== undefined && (await desk.everWrote(mac)));
    return createBackup({
      files: desk.files,
      folder: layout.unitBackups(desk.root, id, mac),
      totalBytes,
      facts: {
        ...withoutUndefined({ mac, chip, flashId }),
        flow: batch.header.flow,
        kind,
        takenAt: this.now,
        mark: wrote ? 'after-write' : 'first',
        batch: id,
        run: this.run,
      },
      kept: (backup) => this.backupKept(backup),
    });
  }

  private async backupKept(backup: StoredBackup): Promise<void> {
    const { file, sha256, bytes, kind, mark, whole, mac } = backup;
    await this.batch.record({
      type: 'backup',
      at: this.now,
      run: this.run,
      backup: {
        file: relativeTo(this.batch.desk.root, file),
        sha256,
        bytes,
        kind,
        mark,
        whole,
        ...(mac !== undefined && { mac }),
      },
    });
  }

  private async ofUnit(mac: string, kind: string): Promise<readonly StoredBackup[]> {
    return (await this.batch.desk.library.backups(mac))
      .filter(({ record }) => record.whole && record.kind === kind)
      .reverse()
      .map(({ file, record }) => toStored(file, record));
  }

  private async newestWhole(mac: string, kind: string | undefined): Promise<StoredBackup | undefined> {
    const { files, library } = this.batch.desk;
    const flow = this.batch.state.header.flow;
    const newestFirst = (await library.backups(mac))
      .filter(({ record }) => record.whole && record.flow === flow && (kind ?? record.kind) === record.kind)
      .reverse();
    const factoryFirst = [
      ...newestFirst.filter(({ record }) => record.mark === 'first'),
      ...newestFirst.filter(({ record }) => record.mark === 'after-write'),
    ];
    for (const { file, record } of factoryFirst)
      if ((await backupState(files, file, record.sha256)) === 'ok') return toStored(file, record);
    return undefined;
  }
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Fields that say nothing are left out, so that a record reads back from its journal as it was. */
function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as Defined<T>;
}
