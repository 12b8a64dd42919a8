import * as fsp from 'node:fs/promises';
import { dirname } from 'node:path';
import { BenchError } from '../core/errors.ts';

/** The file system calls of the records; tests hand in a disk that fills up or loses bytes. */
export type Files = Pick<
  typeof fsp,
  | 'appendFile'
  | 'link'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'readFile'
  | 'rename'
  | 'rm'
  | 'stat'
  | 'statfs'
  | 'truncate'
>;
export const systemFiles: Files = fsp;

/** Records hold what is unique to a unit, Wi-Fi credentials included: nobody but the owner reads them. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export const isMissing = (error: unknown): boolean => errnoOf(error) === 'ENOENT';

/** What went wrong on the disk, in the operator's words. `EDQUOT` is a full disk to the person who meets it. */
export function diskError(error: unknown, path: string): BenchError {
  if (error instanceof BenchError) return error;
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new BenchError('DISK_FULL', {
      message: `The disk is full: ${path} could not be written.`,
      detail: { path },
      cause: error,
    });
  const why =
    errno === 'EACCES' || errno === 'EPERM'
      ? 'this user may not write there'
      : errno === 'EROFS'
        ? 'the disk is read-only'
        : errno === 'ENOTDIR'
          ? 'a part of the path is a file, not a folder'
          : (errno ?? (error instanceof Error ? error.message : String(error)));
  return new BenchError('DATA_DIR_UNUSABLE', {
    message: `The data directory cannot be used (${path}): ${why}.`,
    detail: { path, ...(errno != null && { errno }) },
    cause: error,
  });
}

/** Runs `work`; what the disk refuses becomes DISK_FULL or DATA_DIR_UNUSABLE. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, path);
  }
}

export async function ensureFolder(files: Files, path: string): Promise<void> {
  await onDisk(path, () => files.mkdir(path, { recursive: true, mode: FOLDER_MODE }));
}

/** Makes a rename or a new file in this folder outlast a power cut. Windows and some network disks cannot: let be. */
export async function syncFolder(files: Files, path: string): Promise<void> {
  try {
    const folder = await files.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    return;
  }
}

/** Replaces `path` as a whole or not at all. `durable`: also against a power cut. */
export async function writeAtomic(
  files: Files,
  path: string,
  text: string,
  options: { readonly durable?: boolean } = {},
): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  await onDisk(path, async () => {
    try {
      const file = await files.open(part, 'w', FILE_MODE);
      try {
        await file.writeFile(text);
        if (options.durable) await file.sync();
      } finally {
        await file.close();
      }
      await files.rename(part, path);
    } catch (error) {
      await files.rm(part, { force: true }).catch(() => {});
      throw error;
    }
    if (options.durable) await syncFolder(files, dirname(path));
  });
}

/** The text of a file, or undefined when there is none. */
export async function readText(files: Files, path: string): Promise<string | undefined> {
  try {
    return await files.readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw diskError(error, path);
  }
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(files: Files, path: string): Promise<string[]> {
  try {
    return (await files.readdir(path)).sort();
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ENOTDIR') return [];
    throw diskError(error, path);
  }
}
