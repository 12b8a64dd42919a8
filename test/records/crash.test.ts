import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BatchLibrary } from '../../src/records/batch-library.ts';
import { systemFiles } from '../../src/records/files.ts';
import type { RunRecord } from '../../src/records/run-record.ts';
import { abandoned, backUp, end, header, mac, newFolder, openForTest, slot } from './bench-folder.ts';

const journalOf = ({ path }: { path: string }, id: string) => join(path, 'batches', id, 'journal.jsonl');

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
