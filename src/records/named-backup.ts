import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { NamedBackup } from '../core/backup-store.ts';
import { BenchError } from '../core/errors.ts';
import { fileReason } from '../core/file-reason.ts';
import { readBackupRecord } from './backups.ts';
import type { BatchLibrary } from './batch-library.ts';
import { absoluteFrom } from './batch-state.ts';
import type { Files } from './files.ts';

/** Flash dumps of the devices we know end at 16 MiB; what is far larger is another kind of file. */
const LIMIT_BYTES = 256 << 20;

/**
 * Reads a backup from anywhere and finds out whose it is: by the record beside it, or by its SHA-256 in the batches.
 * Throws FILE_NOT_FOUND, USAGE, BACKUP_DAMAGED.
 */
export async function namedBackup(
  files: Files,
  library: BatchLibrary,
  root: string,
  path: string,
): Promise<NamedBackup> {
  const file = resolve(path);
  const bytes = await readFile(files, file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const mac = (await macBeside(files, file, sha256)) ?? (await macByHash(files, library, root, sha256));
  return { file, bytes, sha256, ...(mac !== undefined && { mac }) };
}

async function readFile(files: Files, file: string): Promise<Uint8Array> {
  try {
    if ((await files.stat(file)).size > LIMIT_BYTES)
      throw new BenchError('USAGE', { message: `${file} is too large to be a backup.` });
    const content = await files.readFile(file);
    return new Uint8Array(content.buffer, content.byteOffset, content.length);
  } catch (cause) {
    if (cause instanceof BenchError) throw cause;
    throw new BenchError('FILE_NOT_FOUND', {
      message: `The backup ${file} cannot be read: ${fileReason(cause)}.`,
      cause,
    });
  }
}

async function macBeside(files: Files, file: string, sha256: string): Promise<string | undefined> {
  const record = await readBackupRecord(files, file);
  if (record === undefined) return undefined;
  if (record.sha256 !== sha256)
    throw new BenchError('BACKUP_DAMAGED', {
      message: `The backup ${file} does not match the SHA-256 in the record beside it.`,
      detail: { file },
    });
  return record.mac;
}

/** The same bytes may have been read from two units only when both are blank: then it is nobody's in particular. */
async function macByHash(
  files: Files,
  library: BatchLibrary,
  root: string,
  sha256: string,
): Promise<string | undefined> {
  const macs = new Set<string | undefined>();
  for (const { runs } of await library.indexes())
    for (const run of runs)
      for (const backup of run.backups)
        if (backup.sha256 === sha256)
          macs.add((await readBackupRecord(files, absoluteFrom(root, backup.file)))?.mac ?? run.mac);
  return macs.size === 1 ? [...macs][0] : undefined;
}
