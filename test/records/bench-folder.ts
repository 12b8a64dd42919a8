import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { RunJournal } from '../../src/records/batch-journal.ts';
import type { DataDir, OpenDataDirOptions } from '../../src/records/data-dir.ts';
import { openDataDir } from '../../src/records/data-dir.ts';
import { type Files, systemFiles } from '../../src/records/files.ts';
import { FLASH } from './fixtures.ts';

export * from './fixtures.ts';

/** A clock that moves one second at every look, and never by itself. */
export function steppingClock(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)): Clock {
  let now = startMs;
  return {
    now: () => (now += 1000),
    monotonicMs: () => now - startMs,
    sleep: () => Promise.reject(new Error('nothing may sleep here')),
    after: () => () => {},
  };
}

const folders: string[] = [];
const open: DataDir[] = [];
afterEach(async () => {
  for (const dataDir of open.splice(0)) await dataDir.close().catch(() => {});
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'benchflash-records-'));
  folders.push(folder);
  return folder;
}

export async function openForTest(path: string, options: OpenDataDirOptions = {}): Promise<DataDir> {
  const dataDir = await openDataDir(path, { clock: steppingClock(), ...options });
  open.push(dataDir);
  return dataDir;
}

export const newDataDir = async (options: OpenDataDirOptions = {}): Promise<DataDir> =>
  openForTest(join(await newFolder(), 'data'), options);

/**
 * A data directory as a killed process leaves it: the files as they were in the middle of `work`, and no owner. What
 * `work` returns is called afterwards.
 */
export async function abandoned(
  work: (dataDir: DataDir) => Promise<(() => Promise<void>) | void>,
): Promise<{ readonly path: string }> {
  const dataDir = await newDataDir();
  const tidy = await work(dataDir);
  const path = join(await newFolder(), 'left');
  await cp(dataDir.path, path, { recursive: true });
  await rm(join(path, 'owner.lock'));
  await tidy?.();
  return { path };
}

export async function backUp(run: RunJournal, bytes = FLASH, announced = bytes.length) {
  const writer = await run.backups().create('full-flash', announced);
  await writer.append(bytes.subarray(0, 1000));
  await writer.append(bytes.subarray(1000));
  return writer.commit();
}

export const errno = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: as a disk says it`), { code });

export interface FaultyDisk {
  readonly files: Files;
  /** Bytes that still fit; writing more fails with ENOSPC after the part that fits, as a real disk does. */
  left: number;
  /** When true, the disk cannot be cut back either. */
  stuck: boolean;
  /** Called with every path that is opened or read. */
  seen: (path: string) => void;
}

/** The real disk with a fill level. */
export function faultyDisk(): FaultyDisk {
  const disk: FaultyDisk = {
    left: Number.POSITIVE_INFINITY,
    stuck: false,
    seen: () => {},
    files: systemFiles,
  };
  const open = async (...args: Parameters<Files['open']>) => {
    disk.seen(args[0] as string);
    const handle = await systemFiles.open(...args);
    const append = async (data: string | Uint8Array) => {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      const fits = Math.min(bytes.length, disk.left);
      disk.left -= fits;
      if (fits > 0) await handle.write(bytes, 0, fits);
      if (fits < bytes.length) throw errno('ENOSPC');
    };
    return new Proxy(handle, {
      get(target, key) {
        if (key === 'appendFile' || key === 'writeFile') return append;
        if (key === 'truncate' && disk.stuck) return () => Promise.reject(errno('EPERM'));
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
  };
  const readFile = ((...args: Parameters<Files['readFile']>) => {
    disk.seen(args[0] as string);
    return systemFiles.readFile(...args);
  }) as Files['readFile'];
  Object.assign(disk, { files: { ...systemFiles, open, readFile } });
  return disk;
}
