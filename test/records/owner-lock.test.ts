import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { systemFiles } from '../../src/records/files.ts';
import { OwnerLock, type Processes } from '../../src/records/owner-lock.ts';
import { end, errno, header, newDataDir, newFolder, openForTest, slot } from './bench-folder.ts';

const CHILD = new URL('owner-child.ts', import.meta.url).pathname;

/** Another process at this data directory; resolves when it has said what it got. */
async function child(path: string, task: string) {
  const running = execa(process.execPath, ['--import', 'tsx', CHILD, path, task], { reject: false });
  const [first] = (await new Promise<string>((resolve, reject) => {
    running.stdout.once('data', (text: Buffer) => resolve(text.toString()));
    running.then(({ stderr }) => reject(new Error(stderr)), reject);
  }).then((text) => text.split('\n'))) as [string];
  return {
    pid: running.pid!,
    said: JSON.parse(first) as { owns?: string; code?: string; message?: string },
    kill: async () => {
      running.kill('SIGKILL');
      await running;
    },
  };
}

const processes = (changes: Partial<Processes> = {}): Processes => ({
  pid: 100,
  host: 'bench-pc',
  pidNamespace: 'pid:[1]',
  bootId: async () => 'boot-1',
  startTicks: async () => '5000',
  exists: () => true,
  ...changes,
});

describe('one process owns a data directory', () => {
  it('names the owner to a second process, and lets it look', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    await batch.startRun(slot(1));
    const second = await child(dataDir.path, 'own');
    expect(second.said.code).toBe('DATA_DIR_OWNED');
    expect(second.said.message).toContain(`process ${process.pid} on ${hostname()}, since 20`);

    const looking = await openForTest(dataDir.path, { readOnly: 'if-owned' });
    expect(looking).toMatchObject({ readOnly: true, owner: { pid: process.pid, host: hostname() } });
    expect((await looking.batches())[0]).toMatchObject({ state: 'running', running: 1 });
    for (const work of [
      () => looking.startBatch(header()),
      () => looking.note('B-0001', 1, 'x'),
      () => looking.dismissBatch('B-0001'),
      () => looking.exportCsv('B-0001'),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'DATA_DIR_OWNED' });
    await looking.close();
    await expect(openForTest(dataDir.path)).rejects.toMatchObject({ code: 'DATA_DIR_OWNED' });
  });

  it('gives it free when it is closed', async () => {
    const dataDir = await newDataDir();
    await dataDir.close();
    expect(await readdir(dataDir.path)).not.toContain('owner.lock');
    expect((await openForTest(dataDir.path, { readOnly: 'if-owned' })).readOnly).toBe(false);
  });

  it('is taken over from a process that was killed in mid-flash, and its run is INTERRUPTED', async () => {
    const path = join(await newFolder(), 'data');
    const first = await child(path, 'mid-flash');
    expect(first.said.owns).toBe(path);
    const error = await openForTest(path).catch((caught: unknown) => caught);
    expect(isBenchError(error, 'DATA_DIR_OWNED') && error.detail.pid).toBe(first.pid);
    await first.kill();

    const dataDir = await openForTest(path, { readOnly: 'if-owned' });
    expect(dataDir.readOnly).toBe(false);
    expect(await dataDir.runs('B-0001')).toMatchObject([
      { outcome: 'INTERRUPTED', step: 'flash', wrote: true },
    ]);
  });

  it('looks at a directory that is not there without making it', async () => {
    const path = join(await newFolder(), 'nothing', 'here');
    const looking = await openForTest(path, { readOnly: true });
    expect(await looking.batches()).toEqual([]);
    expect(await looking.units('#1')).toEqual([]);
    await expect(readdir(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('notices that its lock was deleted and taken by another', async () => {
    const dataDir = await newDataDir();
    const lock = join(dataDir.path, 'owner.lock');
    const owner = JSON.parse(await readFile(lock, 'utf8')) as object;
    await writeFile(lock, JSON.stringify({ ...owner, nonce: 'another' }));
    await expect(dataDir.startBatch(header())).rejects.toMatchObject({ code: 'DATA_DIR_OWNED' });
    await dataDir.close();
    expect(await readdir(dataDir.path)).toContain('owner.lock');
  });
});

describe('a lock that was left behind', () => {
  const left = async (now: Partial<Processes>) => {
    const folder = await newFolder();
    await OwnerLock.take(systemFiles, processes(), folder, 1_000);
    return OwnerLock.take(systemFiles, processes({ pid: 200, ...now }), folder, 2_000);
  };

  it.each<[string, Partial<Processes>]>([
    ['the process is gone', { exists: () => false }],
    ['its number was given to another process', { startTicks: async () => '9000' }],
    ['the computer was started anew', { bootId: async () => 'boot-2' }],
  ])('is taken over when %s', async (_, now) => {
    expect((await left(now)).owner.pid).toBe(200);
  });

  it.each<[string, Partial<Processes>]>([
    ['the process lives', {}],
    [
      'it was left on another computer, of which nothing can be known',
      { host: 'other-pc', exists: () => false },
    ],
    ['it was left in another container', { pidNamespace: 'pid:[2]', exists: () => false }],
    ['the system does not tell when processes started', { startTicks: async () => undefined }],
  ])('stays when %s', async (_, now) => {
    await expect(left(now)).rejects.toMatchObject({ code: 'DATA_DIR_OWNED' });
  });

  it('is taken over when it is empty or no lock at all', async () => {
    for (const text of ['', '{"pid":', '[]', '{"pid":0}']) {
      const folder = await newFolder();
      await writeFile(join(folder, 'owner.lock'), text);
      expect((await OwnerLock.take(systemFiles, processes(), folder, 1)).owner.pid).toBe(100);
    }
  });

  it('goes to one of many that want it at once', async () => {
    const folder = await newFolder();
    await OwnerLock.take(systemFiles, processes({ pid: 1 }), folder, 1);
    const exists = (pid: number) => pid !== 1;
    const takers = Array.from({ length: 12 }, (_, index) =>
      OwnerLock.take(systemFiles, processes({ pid: 10 + index, exists }), folder, 2),
    );
    const results = await Promise.allSettled(takers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['owner.lock']);
  });

  it('is taken over although the one who wanted it before was killed at that', async () => {
    const folder = await newFolder();
    await OwnerLock.take(systemFiles, processes({ pid: 1 }), folder, 1);
    // The second process stops for ever with the permit in its hands.
    const rm = (path: string) =>
      path.endsWith('owner.lock') || path.endsWith('.takeover')
        ? Promise.reject(errno('EIO'))
        : Promise.resolve();
    const files = { ...systemFiles, rm: rm as typeof systemFiles.rm };
    const exists = (pid: number) => pid > 2;
    await expect(OwnerLock.take(files, processes({ pid: 2, exists }), folder, 2)).rejects.toThrow();
    expect((await readdir(folder)).some((name) => name.endsWith('.takeover'))).toBe(true);
    expect((await OwnerLock.take(systemFiles, processes({ pid: 3, exists }), folder, 3)).owner.pid).toBe(3);
    expect((await readdir(folder)).filter((name) => name.endsWith('.takeover'))).toEqual([]);
  });

  it('works on a disk without hard links', async () => {
    const folder = await newFolder();
    const files = { ...systemFiles, link: () => Promise.reject(errno('EPERM')) };
    const lock = await OwnerLock.take(files, processes(), folder, 1);
    await expect(OwnerLock.take(files, processes({ pid: 2 }), folder, 2)).rejects.toMatchObject({
      code: 'DATA_DIR_OWNED',
    });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a data directory that cannot be used', () => {
  it('says that a part of its path is a file', async () => {
    const file = join(await newFolder(), 'file');
    await writeFile(file, '');
    const error = await openForTest(join(file, 'data')).catch((caught: unknown) => caught);
    expect(isBenchError(error, 'DATA_DIR_UNUSABLE') && error.message).toContain('is a file, not a folder');
  });

  it.each(['EACCES', 'EROFS', 'EIO'])('says so on %s', async (code) => {
    const files = { ...systemFiles, mkdir: () => Promise.reject(errno(code)) };
    await expect(newDataDir({ files })).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });

  it('leaves the permissions of a folder that was there as they are', async () => {
    const path = await newFolder();
    await mkdir(join(path, 'data'));
    await chmod(join(path, 'data'), 0o755);
    const dataDir = await openForTest(join(path, 'data'));
    await (await (await dataDir.startBatch(header())).startRun(slot(1))).settle(end());
    const { mode } = await systemFiles.stat(join(path, 'data'));
    expect(mode & 0o777).toBe(0o755);
  });
});
