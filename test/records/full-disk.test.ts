import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { systemFiles } from '../../src/records/files.ts';
import { LineFile, readJsonLines } from '../../src/records/jsonl.ts';
import {
  end,
  faultyDisk,
  header,
  mac,
  newDataDir,
  newFolder,
  openForTest,
  slot,
  steppingClock,
} from './bench-folder.ts';

describe('a full disk', () => {
  it.each([false, true])(
    'leaves no half line in a journal, and later facts get in (cannot be cut: %s)',
    async (stuck) => {
      const disk = faultyDisk();
      disk.stuck = stuck;
      const dataDir = await newDataDir({ files: disk.files });
      const batch = await dataDir.startBatch(header());
      const run = await batch.startRun(slot(1));
      disk.left = 30;
      await expect(run.identified({ mac: mac(1) })).rejects.toMatchObject({ code: 'DISK_FULL' });
      await expect(run.writeBegan()).rejects.toMatchObject({ code: 'DISK_FULL' });
      disk.left = Number.POSITIVE_INFINITY;
      await run.identified({ mac: mac(1) });
      const record = await run.settle(end());
      expect(record.wrote).toBe(false);
      await dataDir.close();

      const again = await openForTest(dataDir.path);
      expect(await again.runs('B-0001')).toEqual([record]);
      const lines = await readJsonLines(systemFiles, join(again.batchFolder('B-0001'), 'journal.jsonl'));
      expect(lines).toMatchObject({ damaged: stuck ? 1 : 0, torn: undefined });
    },
  );

  it('stops no run for a step, a warning, a log line or the closing of its batch', async () => {
    const disk = faultyDisk();
    const dataDir = await newDataDir({ files: disk.files });
    const batch = await dataDir.startBatch(header());
    const run = await batch.startRun(slot(1));
    disk.left = 10;
    await run.step('flash');
    await run.warning('sagging supply');
    batch.log(slot(1).slot, 'info', 'hello');
    await batch.flush();
    disk.left = Number.POSITIVE_INFINITY;
    const record = await run.settle(end());
    expect(record.warnings).toEqual(['sagging supply']);
    disk.left = 0;
    await batch.close();
    disk.left = Number.POSITIVE_INFINITY;
    await dataDir.close();
    expect((await (await openForTest(dataDir.path)).batches())[0]!.outcomes.PASS).toBe(1);
  });

  it('says in the log how many lines are missing', async () => {
    const disk = faultyDisk();
    const dataDir = await newDataDir({ files: disk.files });
    const batch = await dataDir.startBatch(header());
    const log = async (...texts: string[]) => {
      for (const text of texts) batch.log('a', 'info', text);
      await batch.flush();
    };
    await log('one');
    disk.left = 0;
    await log('two', 'three');
    disk.left = Number.POSITIVE_INFINITY;
    await log('four');
    expect((await dataDir.log('B-0001')).map(({ text }) => text)).toEqual([
      'one',
      '2 log lines could not be written before this one.',
      'four',
    ]);
    expect(await dataDir.log('B-0001', 'b')).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/full'))('is told apart on a real one too (/dev/full)', async () => {
    const file = await LineFile.open(systemFiles, '/dev/full');
    await expect(file.append({ a: 1 }, false)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(file.append({ a: 2 }, true)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await file.close();
  });
});

describe('lines of JSON', () => {
  it('of many writers are all there, whole and in order', async () => {
    const path = join(await newFolder(), 'lines.jsonl');
    const file = await LineFile.open(systemFiles, path);
    const writer = async (slot: number) => {
      for (let n = 0; n < 20; n++) await file.append({ slot, n }, n % 5 === 0);
    };
    await Promise.all(Array.from({ length: 8 }, (_, slotNumber) => writer(slotNumber)));
    const { values, bytes } = await readJsonLines(systemFiles, path);
    expect(file.bytes).toBe(bytes);
    for (let slotNumber = 0; slotNumber < 8; slotNumber++)
      expect(values.filter((value) => (value as { slot: number }).slot === slotNumber)).toEqual(
        Array.from({ length: 20 }, (_, n) => ({ slot: slotNumber, n })),
      );
    await file.close();
  });

  it('share one write and one fsync when they come together', async () => {
    let syncs = 0;
    const files = {
      ...systemFiles,
      open: async (...args: Parameters<typeof systemFiles.open>) => {
        const handle = await systemFiles.open(...args);
        const sync = handle.datasync.bind(handle);
        handle.datasync = () => {
          syncs++;
          return sync();
        };
        return handle;
      },
    };
    const file = await LineFile.open(files, join(await newFolder(), 'lines.jsonl'));
    await Promise.all(Array.from({ length: 64 }, (_, n) => file.append({ n }, true)));
    expect(syncs).toBe(2);
    await file.close();
  });
});

it('gathers log lines and writes them when their time has come', async () => {
  const due: (() => void)[] = [];
  const clock: Clock = {
    ...steppingClock(),
    after: (_, callback) => {
      due.push(callback);
      return () => {};
    },
  };
  const dataDir = await newDataDir({ clock });
  const batch = await dataDir.startBatch(header());
  batch.log('a', 'device', 'one');
  batch.log('b', 'warn', 'two');
  expect(due).toHaveLength(1);
  due[0]!();
  await batch.flush();
  const text = await readFile(join(batch.folder, 'log.jsonl'), 'utf8');
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text: string }).text),
  ).toEqual(['one', 'two']);
  expect((await dataDir.log('B-0001', 'b')).map(({ level, text: said }) => [level, said])).toEqual([
    ['warn', 'two'],
  ]);
});
