import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BatchJournal } from '../../src/records/batch-journal.ts';
import type { DataDir } from '../../src/records/data-dir.ts';
import { systemFiles } from '../../src/records/files.ts';
import {
  backUp,
  end,
  faultyDisk,
  FLASH,
  header,
  mac,
  newDataDir,
  newFolder,
  openForTest,
  slot,
} from './bench-folder.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function runOn(batch: BatchJournal, slotNumber = 1, unit = slotNumber) {
  const run = await batch.startRun(slot(slotNumber));
  await run.identified({ mac: mac(unit), chip: 'ESP32-D0WD', flashId: 'c84016' });
  return run;
}

async function newRun(dataDir: DataDir, changes = {}) {
  return runOn(await dataDir.startBatch(header(changes)));
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const allFiles = async (path: string) =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe('a backup', () => {
  it('is kept with its hash and a record beside it, readable by nobody else', async () => {
    const dataDir = await newDataDir();
    const run = await newRun(dataDir);
    const backup = await backUp(run);
    expect(backup).toMatchObject({
      sha256: sha256(FLASH),
      bytes: FLASH.length,
      mac: mac(1),
      mark: 'first',
      whole: true,
      flow: 'lamp-flow',
      kind: 'full-flash',
    });
    expect(await readFile(backup.file)).toEqual(Buffer.from(FLASH));
    expect(dirname(backup.file)).toBe(join(dataDir.path, 'batches/B-0001/backups/24-6f-28-10-aa-01'));
    const record = JSON.parse(await readFile(`${backup.file}.json`, 'utf8')) as object;
    expect(record).toMatchObject({
      mac: mac(1),
      chip: 'ESP32-D0WD',
      flashId: 'c84016',
      batch: 'B-0001',
      run: 1,
    });
    expect(await run.backups().read(backup)).toEqual(FLASH);
  });

  it.skipIf(process.platform === 'win32')('and all records have mode 0600 in folders 0700', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    const run = await runOn(batch);
    await backUp(run);
    await run.keepSecret('token', '0123456789');
    batch.log(slot(1).slot, 'info', 'hello');
    await run.settle(end());
    await batch.close();
    for (const entry of await readdir(dataDir.path, { recursive: true, withFileTypes: true }))
      expect([entry.name, await modeOf(join(entry.parentPath, entry.name))]).toEqual([
        entry.name,
        entry.isDirectory() ? 0o700 : 0o600,
      ]);
    expect(await modeOf(dataDir.path)).toBe(0o700);
  });

  it('never replaces an earlier one, also of the same run and the same second', async () => {
    const dataDir = await newDataDir({ clock: { ...fixedClock } });
    const run = await newRun(dataDir);
    const first = await backUp(run);
    const second = await backUp(run, FLASH.toReversed());
    const third = await backUp(run);
    expect(new Set([first.file, second.file, third.file]).size).toBe(3);
    expect(sha256(await readFile(first.file))).toBe(first.sha256);
    expect(sha256(await readFile(second.file))).toBe(second.sha256);
  });

  it('taken after a write began is marked so: in this run, and in every later batch', async () => {
    const dataDir = await newDataDir();
    const run = await newRun(dataDir);
    expect((await backUp(run)).mark).toBe('first');
    await run.writeBegan();
    expect((await backUp(run)).mark).toBe('after-write');
    await run.settle(end());
    await dataDir.close();

    const again = await openForTest(dataDir.path);
    const batch = await again.startBatch(header());
    expect((await backUp(await runOn(batch, 1, 1))).mark).toBe('after-write');
    expect((await backUp(await runOn(batch, 2, 2))).mark).toBe('first');
  });

  it('that is shorter than announced is kept as a part, and restores nothing', async () => {
    const run = await newRun(await newDataDir());
    const part = await backUp(run, FLASH, FLASH.length + 1);
    expect(part.whole).toBe(false);
    expect(await run.backups().newestWhole(mac(1))).toBeUndefined();
  });

  it('that gets more than announced is a defect of the flow', async () => {
    const run = await newRun(await newDataDir());
    const writer = await run.backups().create('full-flash', 10);
    await expect(writer.append(new Uint8Array(11))).rejects.toMatchObject({ code: 'BUG' });
    await writer.discard();
  });

  it('leaves nothing when it is thrown away, however often', async () => {
    const dataDir = await newDataDir();
    const run = await newRun(dataDir);
    const writer = await run.backups().create('full-flash', 4096);
    await writer.append(new Uint8Array(100));
    await writer.discard();
    await writer.discard();
    await expect(writer.append(new Uint8Array(1))).rejects.toMatchObject({ code: 'BUG' });
    expect((await allFiles(dataDir.path)).filter((name) => name.includes('full-flash'))).toEqual([]);

    const kept = await run.backups().create('full-flash', 3);
    await kept.append(new Uint8Array(3));
    const { file } = await kept.commit();
    await kept.discard();
    expect((await readFile(file)).length).toBe(3);
  });

  it('gets no path from what a device calls itself', async () => {
    const dataDir = await newDataDir();
    const run = await (await dataDir.startBatch(header())).startRun(slot(1));
    await run.identified({ mac: '../../../etc' });
    const { file } = await backUp(run);
    expect(file.startsWith(join(dataDir.path, 'batches/B-0001/backups/unknown-unit'))).toBe(true);
  });
});

const fixedClock = {
  now: () => 1_700_000_000_000,
  monotonicMs: () => 0,
  sleep: () => Promise.reject(new Error('nothing may sleep here')),
  after: () => () => {},
};

describe('the backup that restores a unit', () => {
  it('is the newest from before the first write, then the newest from after it', async () => {
    const dataDir = await newDataDir();
    const run = await newRun(dataDir);
    const store = run.backups();
    expect(await store.newestWhole(mac(1))).toBeUndefined();
    await backUp(run);
    const newest = await backUp(run);
    await run.writeBegan();
    const after = await backUp(run);
    expect(await store.newestWhole(mac(1))).toEqual(newest);
    for (const { file, mark } of (await dataDir.units(mac(1)))[0]!.backups)
      if (mark === 'first') await rm(file);
    expect(await store.newestWhole(mac(1))).toEqual(after);
  });

  it('is one of many: all of a unit and kind are told, the newest first', async () => {
    const dataDir = await newDataDir();
    const run = await newRun(dataDir);
    const first = await backUp(run);
    const other = await newRun(dataDir, { flow: 'other-flow' });
    const second = await backUp(other);
    const store = other.backups();
    expect(await store.ofUnit(mac(1), 'full-flash')).toEqual([second, first]);
    expect(await store.ofUnit(mac(1), 'mi-keys')).toEqual([]);
    expect(await store.ofUnit(mac(2), 'full-flash')).toEqual([]);
  });

  it('is never another unit’s, another flow’s, another kind or a damaged one', async () => {
    const dataDir = await newDataDir();
    const run = await newRun(dataDir);
    const good = await backUp(run);
    const damaged = await backUp(run);
    await truncate(damaged.file, 100);
    const other = await newRun(dataDir, { flow: 'plug-flow' });
    await backUp(other);
    expect(await run.backups().newestWhole(mac(1))).toEqual(good);
    expect(await run.backups().newestWhole(mac(2))).toBeUndefined();
    expect(await run.backups().newestWhole(mac(1), 'efuse')).toBeUndefined();
    await expect(run.backups().read(damaged)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await rm(damaged.file);
    await expect(run.backups().read(damaged)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });

  it('is found by the next process, after the data directory was moved', async () => {
    const dataDir = await newDataDir();
    await backUp(await newRun(dataDir));
    await dataDir.close();
    const moved = join(await newFolder(), 'moved');
    await systemFiles.rename(dataDir.path, moved);
    const run = await newRun(await openForTest(moved));
    const found = await run.backups().newestWhole(mac(1));
    expect(found!.file.startsWith(moved)).toBe(true);
    expect(await run.backups().read(found!)).toEqual(FLASH);
  });
});

describe('a disk that fails', () => {
  it('that is full before the backup begins is named with what is needed', async () => {
    const statfs = (async () => ({ bavail: 10, bsize: 1000 })) as unknown as typeof systemFiles.statfs;
    const dataDir = await newDataDir({ files: { ...systemFiles, statfs } });
    const run = await newRun(dataDir);
    await expect(run.backups().create('full-flash', 4 << 20)).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('5.2 MB are needed') as string,
    });
    expect(await dataDir.freeBytes()).toBe(10_000);
    await expect(dataDir.needFreeBytes(20_000)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await dataDir.needFreeBytes(10_000);
  });

  it('that fills up in the middle leaves no half backup', async () => {
    const disk = faultyDisk();
    const dataDir = await newDataDir({ files: disk.files });
    const run = await newRun(dataDir);
    const writer = await run.backups().create('full-flash', 4096);
    await writer.append(new Uint8Array(1000));
    disk.left = 500;
    await expect(writer.append(new Uint8Array(1000))).rejects.toMatchObject({ code: 'DISK_FULL' });
    disk.left = Number.POSITIVE_INFINITY;
    expect((await allFiles(dataDir.path)).filter((name) => name.includes('full-flash'))).toEqual([]);
    expect((await backUp(run)).whole).toBe(true);
  });

  it('that has no room for the record of a backup does not keep it without', async () => {
    const disk = faultyDisk();
    const dataDir = await newDataDir({ files: disk.files });
    const run = await newRun(dataDir);
    const writer = await run.backups().create('full-flash', 10);
    await writer.append(new Uint8Array(10));
    disk.left = 20;
    await expect(writer.commit()).rejects.toMatchObject({ code: 'DISK_FULL' });
    disk.left = Number.POSITIVE_INFINITY;
    expect((await allFiles(dataDir.path)).filter((name) => name.includes('full-flash'))).toEqual([]);
    expect((await dataDir.units(mac(1)))[0]!.backups).toEqual([]);
  });

  it('that does not give back what was written is found out', async () => {
    const files = {
      ...systemFiles,
      open: async (...args: Parameters<typeof systemFiles.open>) => {
        if (args[1] === 'r' && (args[0] as string).endsWith('.part')) await truncate(args[0], 4095);
        return systemFiles.open(...args);
      },
    };
    const dataDir = await newDataDir({ files });
    const run = await newRun(dataDir);
    await expect(backUp(run)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect((await allFiles(dataDir.path)).filter((name) => name.includes('full-flash'))).toEqual([]);
  });
});

describe('a backup named from anywhere', () => {
  it('says whose it is by the record beside it or by its hash', async () => {
    const dataDir = await newDataDir();
    const backup = await backUp(await newRun(dataDir));
    expect(await dataDir.namedBackup(backup.file)).toMatchObject({ mac: mac(1), sha256: backup.sha256 });

    const folder = await newFolder();
    const copy = join(folder, 'lamp.bin');
    await copyFile(backup.file, copy);
    expect((await dataDir.namedBackup(copy)).mac).toBe(mac(1));
    const elsewhere = await newDataDir();
    expect((await elsewhere.namedBackup(copy)).mac).toBeUndefined();
    await copyFile(`${backup.file}.json`, `${copy}.json`);
    const named = await elsewhere.namedBackup(copy);
    expect(named).toMatchObject({ file: copy, mac: mac(1) });
    expect(named.bytes).toEqual(FLASH);
  });

  it('belongs to nobody when two units hold the very same bytes', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    await backUp(await runOn(batch, 1));
    const { file } = await backUp(await runOn(batch, 2));
    const copy = join(await newFolder(), 'blank.bin');
    await copyFile(file, copy);
    expect((await dataDir.namedBackup(copy)).mac).toBeUndefined();
  });

  it('is refused when it is damaged or not there', async () => {
    const dataDir = await newDataDir();
    const backup = await backUp(await newRun(dataDir));
    await writeFile(backup.file, FLASH.toReversed());
    await expect(dataDir.namedBackup(backup.file)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await expect(dataDir.namedBackup(join(dataDir.path, 'none.bin'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: `The backup ${join(dataDir.path, 'none.bin')} cannot be read: there is no such file.`,
    });
    await expect(dataDir.namedBackup(dataDir.path)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
