import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { BatchLibrary } from '../../src/records/batch-library.ts';
import { systemFiles } from '../../src/records/files.ts';
import type { RunRecord } from '../../src/records/run-record.ts';
import {
  abandoned,
  backUp,
  end,
  header,
  mac,
  newDataDir,
  newFolder,
  openForTest,
  slot,
} from './bench-folder.ts';

const journalOf = ({ path }: { path: string }, id: string) => join(path, 'batches', id, 'journal.jsonl');

describe('the journal of a batch', () => {
  it('gives back what was told, after the program was started anew', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header({ operator: 'A. Person', jobName: 'lamps' }));
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1) });
    await run.identified({ chip: 'ESP32-D0WD', flashSizeBytes: 4 << 20 });
    await run.warning('MAC CRC in efuse is invalid');
    const backup = await backUp(run);
    await run.writeBegan();
    const settled = await run.settle(end({ note: 'scratched lid' }));
    await batch.close();
    await dataDir.close();

    expect(settled).toMatchObject({
      batch: 'B-0001',
      run: 1,
      flow: 'lamp-flow',
      task: 'flash',
      slot: 'virtual:lamp#1',
      identity: { mac: mac(1), chip: 'ESP32-D0WD', flashSizeBytes: 4 << 20 },
      backup: { file: backup.file, sha256: backup.sha256, bytes: 4096 },
      warnings: ['MAC CRC in efuse is invalid'],
      wrote: true,
      operator: 'A. Person',
      note: 'scratched lid',
    });
    const again = await openForTest(dataDir.path);
    expect(await again.runs('B-0001')).toEqual([settled]);
    const [summary] = await again.batches();
    expect(summary).toMatchObject({
      id: 'B-0001',
      units: 1,
      state: 'finished',
      header: { jobName: 'lamps' },
    });
    expect(summary!.outcomes.PASS).toBe(1);
  });

  it('keeps a warning of before the run had its number, and the time it began', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    const run = await batch.startRun(slot(1, { startedAt: 12345 }));
    await run.warning('later');
    const record = await run.settle(end({ warnings: ['earlier', 'later'] }));
    expect(record.warnings).toEqual(['earlier', 'later']);
    expect(record.startedAt).toBe(12345);
  });

  it('numbers runs over all batches, also when a batch folder was deleted', async () => {
    const dataDir = await newDataDir();
    const first = await dataDir.startBatch(header());
    const second = await dataDir.startBatch(header());
    const runs = await Promise.all([
      first.startRun(slot(1)),
      second.startRun(slot(1)),
      first.startRun(slot(2)),
    ]);
    expect(runs.map(({ run }) => run).sort()).toEqual([1, 2, 3]);
    for (const run of runs) await run.settle(end());
    await dataDir.close();
    await rm(dataDir.batchFolder('B-0001'), { recursive: true });
    await rm(dataDir.batchFolder('B-0002'), { recursive: true });

    const again = await openForTest(dataDir.path);
    const third = await again.startBatch(header());
    expect(third.id).toBe('B-0003');
    expect((await third.startRun(slot(1))).run).toBe(4);
  });

  it('finds the next numbers from the batches when the counter is lost or damaged', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      await (await batch.startRun(slot(1))).settle(end());
    });
    await writeFile(join(left.path, 'counter.json'), '{"nextRun":');
    const again = await openForTest(left.path);
    const batch = await again.startBatch(header());
    expect(batch.id).toBe('B-0002');
    expect((await batch.startRun(slot(1))).run).toBe(2);
  });

  it('takes a later verdict of an UNSURE run for the one that counts', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1) });
    await run.settle(end({ outcome: 'UNSURE', code: 'BOOT_NOT_SEEN', proof: ['read back'] }));
    expect((await dataDir.batches())[0]!.outcomes).toMatchObject({ UNSURE: 1, PASS: 0 });
    await run.settle(end());
    expect((await dataDir.batches())[0]!.outcomes).toMatchObject({ UNSURE: 0, PASS: 1 });
    expect(await dataDir.runs('B-0001')).toHaveLength(1);
  });

  it('adds, replaces and removes notes, in a batch of an earlier process too', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      await (await batch.startRun(slot(1))).settle(end({ note: 'first' }));
      await batch.close();
    });
    const again = await openForTest(left.path);
    const noteOf = async () => (await again.results('B-0001')).units[0]!.note;
    const endedAt = (await again.batches())[0]!.endedAt;
    await again.note('B-0001', 1, 'second');
    expect(await noteOf()).toBe('second');
    await again.note('1', 1, '');
    expect(await noteOf()).toBeUndefined();
    expect((await again.batches())[0]).toMatchObject({ state: 'finished', endedAt });
    await expect(again.note('B-0001', 99, 'x')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('goes on after it was closed', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    await (await batch.startRun(slot(1))).settle(end());
    await batch.close();
    await (await batch.startRun(slot(2))).settle(end());
    await batch.close();
    await dataDir.close();
    const again = await openForTest(dataDir.path);
    expect(await again.runs('B-0001')).toHaveLength(2);
    expect((await again.batches())[0]!.state).toBe('finished');
  });
});

describe('a process that was killed', () => {
  it('leaves its run INTERRUPTED, with the step, the unit, the backup and whether a write began', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      const run = await batch.startRun(slot(1));
      await run.identified({ mac: mac(1), chip: 'ESP32' });
      await run.step('backup');
      await backUp(run);
      await run.step('flash');
      await run.writeBegan();
    });
    const again = await openForTest(left.path);
    const [record] = await again.runs('B-0001');
    expect(record).toMatchObject({
      outcome: 'INTERRUPTED',
      code: 'INTERRUPTED',
      step: 'flash',
      wrote: true,
      identity: { mac: mac(1), chip: 'ESP32' },
      backup: { bytes: 4096 },
      proof: [],
    });
    expect(record!.message).toContain('a write to the unit had begun');
    expect(record!.advice).toContain('Run this unit again');
    expect((await again.batches())[0]).toMatchObject({ state: 'unfinished', notStarted: 2, running: 0 });
  });

  it('says that nothing was written where nothing was', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      await (await batch.startRun(slot(1))).step('wire-check');
    });
    const [record] = await (await openForTest(left.path)).runs('B-0001');
    expect(record).toMatchObject({ outcome: 'INTERRUPTED', step: 'wire-check', wrote: false, identity: {} });
    expect(record!.message).toContain('nothing had been written');
  });

  it('is recorded once, however often the program is started', async () => {
    const left = await abandoned(async (dir) => {
      await (await dir.startBatch(header())).startRun(slot(1));
    });
    await (await openForTest(left.path)).close();
    const once = await readFile(journalOf(left, 'B-0001'), 'utf8');
    await (await openForTest(left.path)).close();
    expect(await readFile(journalOf(left, 'B-0001'), 'utf8')).toBe(once);
    expect(once.match(/"type":"settled"/g)).toHaveLength(1);
  });

  it('is shown as INTERRUPTED by one who only looks, and nothing is written', async () => {
    const left = await abandoned(async (dir) => {
      await (await dir.startBatch(header())).startRun(slot(1));
    });
    const before = await readFile(journalOf(left, 'B-0001'), 'utf8');
    const looking = await openForTest(left.path, { readOnly: true });
    expect((await looking.runs('B-0001'))[0]!.outcome).toBe('INTERRUPTED');
    expect((await looking.batches())[0]!.state).toBe('unfinished');
    expect(await readFile(journalOf(left, 'B-0001'), 'utf8')).toBe(before);
  });

  it('is offered no more once it was dismissed or the unit was run again', async () => {
    const left = await abandoned(async (dir) => {
      const one = await dir.startBatch(header({ slots: [header().slots[0]!] }));
      await (await one.startRun(slot(1))).identified({ mac: mac(1) });
      const two = await dir.startBatch(header({ slots: [header().slots[0]!] }));
      await (await two.startRun(slot(1))).identified({ mac: mac(2) });
    });
    const again = await openForTest(left.path);
    const states = async () => (await again.batches()).map(({ id, state }) => `${id} ${state}`);
    expect(await states()).toEqual(['B-0002 unfinished', 'B-0001 unfinished']);
    const batch = await again.startBatch(header());
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1) });
    await run.settle(end());
    await batch.close();
    await again.dismissBatch('B-0002');
    expect(await states()).toEqual(['B-0003 finished', 'B-0002 finished', 'B-0001 finished']);
  });

  it('takes nothing away but unfinished backups', async () => {
    const left = await abandoned(async (dir) => {
      const run = await (await dir.startBatch(header())).startRun(slot(1));
      await run.identified({ mac: mac(1) });
      await backUp(run);
      const half = await run.backups().create('full-flash', 4096);
      await half.append(new Uint8Array(100));
      return () => half.discard();
    });
    const again = await openForTest(left.path);
    const names = await readdir(join(again.batchFolder('B-0001'), 'backups', mac(1).replaceAll(':', '-')));
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(names).toHaveLength(2);
  });
});

describe('a journal whose end was torn off', () => {
  it('loses at most its last line, wherever the cut is', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      const first = await batch.startRun(slot(1));
      await first.identified({ mac: mac(1) });
      await first.settle(end());
      const second = await batch.startRun(slot(2));
      await second.identified({ mac: mac(2) });
      await second.settle(end({ message: 'größer als ein Byte' }));
    });
    const whole = await readFile(journalOf(left, 'B-0001'));
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    const path = join(await newFolder(), 'data');
    const file = journalOf({ path }, 'B-0001');
    await mkdir(join(path, 'batches', 'B-0001'), { recursive: true });
    const outcomesOf = (records: readonly RunRecord[]) =>
      records.map(({ run, outcome }) => `${run} ${outcome}`);
    for (let length = lastLine; length <= whole.length; length++) {
      const complete = length >= whole.length - 1;
      const expected = ['1 PASS', complete ? '2 PASS' : '2 INTERRUPTED'];
      await writeFile(file, whole.subarray(0, length));
      const library = new BatchLibrary(systemFiles, path, () => undefined, true);
      expect(outcomesOf(await library.records('B-0001'))).toEqual(expected);
      expect((await library.index('B-0001'))!.damagedLines).toBe(0);
      // The owner mends the file, which takes a few milliseconds of fsync: not at each of the bytes.
      if (!complete && (length - lastLine) % 150 > 1) continue;
      await rm(join(path, 'batches', 'B-0001', 'batch.json'), { force: true });
      const owning = await openForTest(path);
      expect(outcomesOf(await owning.runs('B-0001'))).toEqual(expected);
      await owning.close();
      const text = await readFile(file, 'utf8');
      for (const line of text.trimEnd().split('\n')) expect(() => void JSON.parse(line)).not.toThrow();
      expect(text.includes('"type":"torn"')).toBe(!complete && length > lastLine);
    }
  });

  it('can be cut anywhere without an error, and never shows a verdict that was not given', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      const run = await batch.startRun(slot(1));
      await run.identified({ mac: mac(1) });
      await run.writeBegan();
      await run.settle(end());
    });
    const path = journalOf(left, 'B-0001');
    const whole = await readFile(path);
    for (let length = whole.length - 1; length >= 0; length -= 23) {
      await truncate(path, length);
      const looking = await openForTest(left.path, { readOnly: true });
      for (const batch of await looking.batches())
        for (const record of await looking.runs(batch.id))
          if (record.outcome !== 'INTERRUPTED') expect(length).toBeGreaterThan(whole.indexOf('"settled"'));
    }
  });

  it('says how many lines in its middle cannot be read, and keeps the others', async () => {
    const left = await abandoned(async (dir) => {
      const batch = await dir.startBatch(header());
      await (await batch.startRun(slot(1))).settle(end());
      await (await batch.startRun(slot(2))).settle(end());
      await batch.close();
    });
    const path = journalOf(left, 'B-0001');
    const lines = (await readFile(path, 'utf8')).split('\n');
    lines[1] = lines[1]!.slice(0, 20);
    lines[3] = '{"type":"settled","at":1,"run":"two"}';
    await writeFile(path, lines.join('\n'));
    const again = await openForTest(left.path);
    expect((await again.runs('B-0001')).map(({ run }) => run)).toEqual([1, 2]);
    expect((await again.batches())[0]!.damagedLines).toBe(2);
  });

  it('passes over lines of a newer version', async () => {
    const left = await abandoned(async (dir) => {
      await (await (await dir.startBatch(header())).startRun(slot(1))).settle(end());
    });
    const path = journalOf(left, 'B-0001');
    await writeFile(path, `${await readFile(path, 'utf8')}{"type":"weighed","at":1,"grams":12}\n`);
    const again = await openForTest(left.path);
    expect((await again.batches())[0]).toMatchObject({ units: 1, damagedLines: 0 });
  });
});

describe('secrets', () => {
  it('are in no journal, log or result, but for those a unit alone has, when asked for', async () => {
    const dataDir = await newDataDir();
    const settings = { 'wifi-password': 'correct horse', ssid: 'Hall 3', pin: '4711-0815' };
    const batch = await dataDir.startBatch(header({ settings }), { secretSettings: ['pin'] });
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1) });
    await run.keepSecret('bind key', 'b1d0c0ffee');
    await run.warning('joined with correct horse');
    batch.log(slot(1).slot, 'device', 'wifi: psk="correct horse" pin 4711-0815 key b1d0c0ffee');
    await run.settle(end({ message: 'Sent correct horse.', evidence: 'b1d0c0ffee', note: 'pin 4711-0815' }));
    await batch.close();

    for (const name of ['journal.jsonl', 'log.jsonl', 'batch.json', 'results.csv']) {
      const text = await readFile(join(batch.folder, name), 'utf8');
      expect(text).not.toMatch(/correct horse|4711|b1d0c0ffee/);
    }
    expect((await dataDir.batches())[0]!.header.settings).toEqual({
      'wifi-password': '[redacted]',
      ssid: 'Hall 3',
      pin: '[redacted]',
    });
    expect((await dataDir.results('B-0001')).units[0]).not.toHaveProperty('secrets');
    const [unit] = (await dataDir.results('B-0001', { secrets: true })).units;
    expect(unit!.secrets).toEqual([{ name: 'bind key', value: 'b1d0c0ffee' }]);
    const csv = await readFile(await dataDir.exportCsv('B-0001', { secrets: true }), 'utf8');
    expect(csv).toContain('bind key=b1d0c0ffee');
  });
});

it('names the newest batch when asked for one that is not there', async () => {
  const dataDir = await newDataDir();
  await expect(dataDir.results()).rejects.toMatchObject({ code: 'USAGE' });
  const batch = await dataDir.startBatch(header());
  await (await batch.startRun(slot(1))).settle(end());
  expect((await dataDir.results()).batch.id).toBe('B-0001');
  expect((await dataDir.results('b-1')).batch.id).toBe('B-0001');
  const error = await dataDir.results('B-0007').catch((caught: unknown) => caught);
  expect(isBenchError(error, 'USAGE') && error.message).toContain('B-0001');
});
