import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { abandoned, backUp, end, header, mac, newDataDir, openForTest, slot } from './bench-folder.ts';

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
