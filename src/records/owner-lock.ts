import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { BenchError } from '../core/errors.ts';
import { isProcessAlive } from '../core/process-alive.ts';
import { errnoOf, FILE_MODE, type Files, onDisk, readText } from './files.ts';

/** Who holds a data directory: enough to tell a living owner from a process number that was given out again. */
const ownerSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** ms since the epoch. */
  since: z.number(),
  /** Linux: /proc/sys/kernel/random/boot_id. */
  bootId: z.string().optional(),
  /** Linux: start of the process in clock ticks since boot, field 22 of /proc/PID/stat (man 5 proc). */
  startTicks: z.string().optional(),
  /** Linux: process numbers mean nothing in another container. */
  pidNamespace: z.string().optional(),
  /** Tells two locks of one process apart. */
  nonce: z.string(),
});
export type LockOwner = z.infer<typeof ownerSchema>;

/** What the lock must know of processes; tests play dead ones. */
export interface Processes {
  readonly pid: number;
  readonly host: string;
  readonly pidNamespace: string | undefined;
  bootId(): Promise<string | undefined>;
  /** Undefined where the system does not tell. */
  startTicks(pid: number): Promise<string | undefined>;
  exists(pid: number): boolean;
}

export async function systemProcesses(files: Files): Promise<Processes> {
  const { readlink } = await import('node:fs/promises');
  const quiet = (path: string) => readText(files, path).catch(() => undefined);
  return {
    pid: process.pid,
    host: hostname(),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => undefined),
    bootId: async () => (await quiet('/proc/sys/kernel/random/boot_id'))?.trim(),
    // The name of the program, in parentheses, may itself hold spaces and parentheses.
    startTicks: async (pid) => (await quiet(`/proc/${pid}/stat`))?.replace(/^.*\)/s, '').split(' ')[20],
    exists: isProcessAlive,
  };
}

const lockPath = (folder: string): string => join(folder, 'owner.lock');

/** The living owner of a data directory, or undefined. A lock that cannot be read was left by a crash. */
export async function livingOwner(
  files: Files,
  processes: Processes,
  folder: string,
): Promise<LockOwner | undefined> {
  const lock = await readLock(files, lockPath(folder));
  return lock?.owner && (await isAlive(processes, lock.owner)) ? lock.owner : undefined;
}

export class OwnerLock {
  readonly owner: LockOwner;
  private readonly files: Files;
  private readonly path: string;

  private constructor(files: Files, path: string, owner: LockOwner) {
    this.files = files;
    this.path = path;
    this.owner = owner;
  }

  /** Throws DATA_DIR_OWNED while another process lives that holds it; takes over what a dead one left. */
  static async take(files: Files, processes: Processes, folder: string, now: number): Promise<OwnerLock> {
    const path = lockPath(folder);
    const owner: LockOwner = {
      pid: processes.pid,
      host: processes.host,
      since: now,
      bootId: await processes.bootId(),
      startTicks: await processes.startTicks(processes.pid),
      pidNamespace: processes.pidNamespace,
      nonce: randomUUID(),
    };
    for (let attempt = 0; attempt < 10; attempt++) {
      if (await createWhole(files, path, JSON.stringify(owner))) return new OwnerLock(files, path, owner);
      const lock = await readLock(files, path);
      if (lock === undefined) continue;
      if (lock.owner && (await isAlive(processes, lock.owner))) throw ownedBy(lock.owner, folder);
      await bury(files, processes, path, lock.text, owner);
    }
    throw new BenchError('DATA_DIR_OWNED', {
      message: `Several processes try to take the data directory ${folder} at once.`,
    });
  }

  /** Throws DATA_DIR_OWNED when the lock was taken from this process (deleted by hand, and another one started). */
  async check(folder: string): Promise<void> {
    const lock = await readLock(this.files, this.path);
    if (lock?.owner && lock.owner.nonce !== this.owner.nonce) throw ownedBy(lock.owner, folder);
  }

  async release(): Promise<void> {
    const lock = await readLock(this.files, this.path).catch(() => undefined);
    if (lock?.owner?.nonce === this.owner.nonce) await this.files.rm(this.path, { force: true });
  }
}

export function ownedBy(owner: Pick<LockOwner, 'pid' | 'host' | 'since'>, folder: string): BenchError {
  const since = new Date(owner.since).toISOString();
  const elsewhere = owner.host !== hostname();
  return new BenchError('DATA_DIR_OWNED', {
    message: `Another benchflash owns the data directory ${folder}: process ${owner.pid} on ${owner.host}, since ${since}.`,
    ...(elsewhere && {
      advice: `Close it on ${owner.host}, or choose another --data-dir. If that computer is gone for good, delete ${lockPath(folder)}.`,
    }),
    detail: { pid: owner.pid, host: owner.host, since: owner.since },
  });
}

async function isAlive(processes: Processes, owner: LockOwner): Promise<boolean> {
  // Of another computer or container nothing can be known: it counts as living.
  if (owner.host !== processes.host || owner.pidNamespace !== processes.pidNamespace) return true;
  const bootId = await processes.bootId();
  if (owner.bootId != null && bootId != null && owner.bootId !== bootId) return false;
  if (!processes.exists(owner.pid)) return false;
  const startTicks = await processes.startTicks(owner.pid);
  return owner.startTicks == null || startTicks == null || owner.startTicks === startTicks;
}

async function readLock(
  files: Files,
  path: string,
): Promise<{ readonly text: string; readonly owner: LockOwner | undefined } | undefined> {
  const text = await readText(files, path);
  if (text === undefined) return undefined;
  try {
    return { text, owner: ownerSchema.parse(JSON.parse(text)) };
  } catch {
    return { text, owner: undefined };
  }
}

/** Creates the file with all of its content, or returns false when there is one: nobody ever reads half a lock. */
async function createWhole(files: Files, path: string, text: string): Promise<boolean> {
  const part = `${path}.${randomUUID()}.part`;
  return onDisk(path, async () => {
    try {
      const file = await files.open(part, 'wx', FILE_MODE);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      try {
        await files.link(part, path);
        return true;
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return false;
        return await createPlain(files, path, text, error);
      }
    } finally {
      await files.rm(part, { force: true });
    }
  });
}

/** FAT and some network disks have no hard links. */
async function createPlain(files: Files, path: string, text: string, linkError: unknown): Promise<boolean> {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(linkError) ?? ''))
    throw linkError;
  try {
    const file = await files.open(path, 'wx', FILE_MODE);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead owner's lock. Who wants to must first create a file named after that very lock, so that nobody removes
 * the lock of the one who was quicker: without this, two of sixteen starters came through in 1 of 150 tries.
 */
async function bury(
  files: Files,
  processes: Processes,
  path: string,
  dead: string,
  taker: LockOwner,
): Promise<void> {
  const permit = `${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 16)}.takeover`;
  if (!(await createWhole(files, permit, JSON.stringify(taker)))) {
    const other = await readLock(files, permit);
    // It died in the few milliseconds in which it held the permit.
    if (other && !(other.owner && (await isAlive(processes, other.owner))))
      await files.rm(permit, { force: true });
    return;
  }
  try {
    if ((await readText(files, path)) === dead) await onDisk(path, () => files.rm(path, { force: true }));
  } finally {
    await files.rm(permit, { force: true });
  }
}
