import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { BackupWriter, StoredBackup } from '../core/backup-store.ts';
import { BenchError } from '../core/errors.ts';
import {
  diskError,
  ensureFolder,
  FILE_MODE,
  type Files,
  isMissing,
  namesIn,
  onDisk,
  readText,
  writeAtomic,
} from './files.ts';

/** The record beside a backup file, `NAME.bin.json`: enough to use the file without the rest of the records. */
export const backupRecordSchema = z.object({
  mac: z.string().optional(),
  chip: z.string().optional(),
  flashId: z.string().optional(),
  flow: z.string(),
  kind: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  takenAt: z.number(),
  mark: z.enum(['first', 'after-write']),
  whole: z.boolean(),
  batch: z.string(),
  run: z.number().int().positive(),
});
export type BackupRecord = z.infer<typeof backupRecordSchema>;

/** What the run knows of the backup it takes. */
export type BackupFacts = Omit<BackupRecord, 'bytes' | 'sha256' | 'whole'>;

export const recordFileOf = (file: string): string => `${file}.json`;
const PART = '.part';

/** Folder of a unit's backups below `backups/`. What a device calls itself never gets into a path unchecked. */
export function unitFolder(mac: string | undefined): string {
  return mac !== undefined && /^[0-9a-f]{2}(:[0-9a-f]{2}){5,7}$/.test(mac)
    ? mac.replaceAll(':', '-')
    : 'unknown-unit';
}

export function toStored(file: string, record: BackupRecord): StoredBackup {
  const { sha256, bytes, mac, mark, whole, flow, kind, takenAt } = record;
  return { file, sha256, bytes, ...(mac != null && { mac }), mark, whole, flow, kind, takenAt };
}

export interface NewBackup {
  readonly files: Files;
  /** Folder of the unit; made when missing. */
  readonly folder: string;
  readonly facts: BackupFacts;
  readonly totalBytes: number;
  /** Told of the kept backup before `commit` resolves. */
  readonly kept: (backup: StoredBackup) => Promise<void>;
}

/** Space that must stay free beside a backup for journal and log, bytes. */
const SPARE_BYTES = 1 << 20;

export async function createBackup(backup: NewBackup): Promise<BackupWriter> {
  const { files, folder, facts, totalBytes } = backup;
  await ensureFolder(files, folder);
  await needFreeBytes(files, folder, totalBytes + SPARE_BYTES);
  const taken = new Set(await namesIn(files, folder));
  const time = new Date(facts.takenAt).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const base = `${time}-run${facts.run}-${facts.kind.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`;
  let name = `${base}.bin`;
  for (let n = 2; [name, `${name}${PART}`, recordFileOf(name)].some((used) => taken.has(used)); n++)
    name = `${base}-${n}.bin`;
  const file = join(folder, name);
  const handle = await onDisk(file, () => files.open(file + PART, 'wx', FILE_MODE));
  return new FileBackupWriter(backup, file, handle);
}

/** Throws DISK_FULL when less than `bytes` is free for this user. A file system that does not tell is trusted. */
export async function needFreeBytes(files: Files, folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(files, folder);
  if (free === undefined || free >= bytes) return;
  const mega = (count: number) => (count / 1e6).toFixed(1);
  throw new BenchError('DISK_FULL', {
    message: `The disk is too full: ${mega(bytes)} MB are needed in ${folder}, ${mega(free)} MB are free.`,
    detail: { needed: bytes, free },
  });
}

export async function freeBytes(files: Files, folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await files.statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

class FileBackupWriter implements BackupWriter {
  private readonly hash: Hash = createHash('sha256');
  private bytes = 0;
  private state: 'open' | 'kept' | 'gone' = 'open';
  private readonly backup: NewBackup;
  private readonly file: string;
  private readonly handle: FileHandle;

  constructor(backup: NewBackup, file: string, handle: FileHandle) {
    this.backup = backup;
    this.file = file;
    this.handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.mustBeOpen();
    if (this.bytes + bytes.length > this.backup.totalBytes)
      throw new BenchError('BUG', {
        message: `More bytes than the ${this.backup.totalBytes} that were announced came for ${this.file}.`,
      });
    this.hash.update(bytes);
    this.bytes += bytes.length;
    await this.orDiscard(() => this.handle.appendFile(bytes));
  }

  async commit(): Promise<StoredBackup> {
    this.mustBeOpen();
    const { files, facts, totalBytes, kept } = this.backup;
    const sha256 = this.hash.digest('hex');
    return this.orDiscard(async () => {
      await this.handle.sync();
      await this.handle.close();
      const found = await hashOfFile(files, this.file + PART);
      if (found.sha256 !== sha256)
        throw new BenchError('BACKUP_DAMAGED', {
          message: 'The disk does not give back what was written to the backup: nothing of it was kept.',
          advice: 'Check the disk of the data directory, then retry. The unit has not been written to.',
          detail: { file: this.file },
        });
      const record: BackupRecord = { ...facts, bytes: this.bytes, sha256, whole: this.bytes === totalBytes };
      await files.rename(this.file + PART, this.file);
      this.state = 'kept';
      try {
        await writeAtomic(files, recordFileOf(this.file), `${JSON.stringify(record, null, 2)}\n`, {
          durable: true,
        });
      } catch (error) {
        await files.rm(this.file, { force: true }).catch(() => {});
        throw error;
      }
      const stored = toStored(this.file, record);
      await kept(stored);
      return stored;
    });
  }

  async discard(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'gone';
    await this.handle.close().catch(() => {});
    await this.backup.files.rm(this.file + PART, { force: true });
  }

  private mustBeOpen(): void {
    if (this.state === 'open') return;
    throw new BenchError('BUG', { message: `The backup ${this.file} is closed already.` });
  }

  private async orDiscard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.discard().catch(() => {});
      throw diskError(error, this.file);
    }
  }
}

const READ_BYTES = 1 << 20;

async function hashOfFile(
  files: Files,
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const handle = await files.open(path, 'r');
  try {
    const hash = createHash('sha256');
    const block = new Uint8Array(READ_BYTES);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, block.length, bytes);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(block.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** `ok` only when the file is there and its hash, read now, is the recorded one. */
export async function backupState(
  files: Files,
  file: string,
  sha256: string,
): Promise<'ok' | 'damaged' | 'missing'> {
  try {
    return (await hashOfFile(files, file)).sha256 === sha256 ? 'ok' : 'damaged';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    return 'damaged';
  }
}

/** Reads a backup whole. Throws BACKUP_DAMAGED when it is gone or its hash is not the recorded one. */
export async function readBackup(files: Files, file: string, sha256: string): Promise<Uint8Array> {
  let content: Buffer;
  try {
    content = await files.readFile(file);
  } catch (cause) {
    throw new BenchError('BACKUP_DAMAGED', { message: `The backup ${file} cannot be read.`, cause });
  }
  if (createHash('sha256').update(content).digest('hex') !== sha256)
    throw new BenchError('BACKUP_DAMAGED', {
      message: `The backup ${file} does not match its recorded SHA-256.`,
      detail: { file },
    });
  return new Uint8Array(content.buffer, content.byteOffset, content.length);
}

/** The record beside a backup, or undefined when there is none that can be read. */
export async function readBackupRecord(files: Files, file: string): Promise<BackupRecord | undefined> {
  const text = await readText(files, recordFileOf(file)).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return backupRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Backups in one folder of a unit, whatever their state. */
export async function backupsIn(
  files: Files,
  folder: string,
): Promise<{ readonly file: string; readonly record: BackupRecord }[]> {
  const names = (await namesIn(files, folder)).filter((name) => name.endsWith('.bin.json'));
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name.slice(0, -'.json'.length));
      const record = await readBackupRecord(files, file);
      return record && { file, record };
    }),
  );
  return found.filter((entry) => entry !== undefined);
}

/** Takes away what a crash left of backups that were never finished. Returns how many there were. */
export async function removeParts(files: Files, backupsFolder: string): Promise<number> {
  let removed = 0;
  for (const unit of await namesIn(files, backupsFolder))
    for (const name of await namesIn(files, join(backupsFolder, unit)))
      if (name.endsWith(PART)) {
        await files.rm(join(backupsFolder, unit, name), { force: true });
        removed++;
      }
  return removed;
}
