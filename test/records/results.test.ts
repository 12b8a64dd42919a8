import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DataDir, UnitResult } from '../../src/records/data-dir.ts';
import { csvCell, resultsCsv } from '../../src/records/results-csv.ts';
import {
  backUp,
  end,
  failed,
  faultyDisk,
  header,
  mac,
  newDataDir,
  openForTest,
  slot,
} from './bench-folder.ts';

/** Reads CSV as RFC 4180 says, without a library that might forgive. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [whole, quoted, plain, ending] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest)!;
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    rest = rest.slice(whole.length);
    if (ending === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

async function settledRun(dataDir: DataDir, unit: number, settled = end()) {
  const batch = await dataDir.startBatch(header());
  const run = await batch.startRun(slot(unit));
  await run.identified({ mac: mac(unit), chip: 'ESP32-D0WD', flashSizeBytes: 4 << 20 });
  await run.settle(settled);
  await batch.close();
  return run.run;
}

describe('the results of a batch', () => {
  it('has one line a unit in order of the slots, with how often it was tried', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    await (await batch.startRun(slot(2))).settle(failed());
    const bad = await batch.startRun(slot(1));
    await bad.identified({ mac: mac(1) });
    await bad.settle(failed({ outcome: 'FAIL', code: 'VERIFY_MISMATCH', step: 'verify' }));
    const retried = await batch.startRun(slot(1, { retryOf: bad.run }));
    await retried.identified({ mac: mac(1) });
    await retried.settle(end());
    await batch.close();

    const { units, batch: summary } = await dataDir.results('B-0001');
    expect(units.map((unit) => [unit.run, unit.slotNumber, unit.outcome, unit.attempts])).toEqual([
      [3, 1, 'PASS', 2],
      [1, 2, 'ERROR', 1],
    ]);
    expect(summary).toMatchObject({ units: 2, notStarted: 1, state: 'finished' });
    expect(summary.outcomes).toMatchObject({ PASS: 1, ERROR: 1, FAIL: 0 });
    expect(await dataDir.runs('B-0001')).toHaveLength(3);
  });

  it('tell slots at work from slots that wait, while the batch goes on', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    const summary = async () => {
      const { state, running, waiting, notStarted } = (await dataDir.results()).batch;
      return { state, running, waiting, notStarted };
    };
    expect(await summary()).toEqual({ state: 'running', running: 0, waiting: 3, notStarted: 0 });
    // Nothing has answered in either yet: no run has a number.
    await batch.slotBegan(1);
    await batch.slotBegan(2);
    expect(await summary()).toEqual({ state: 'running', running: 2, waiting: 1, notStarted: 0 });
    const run = await batch.startRun(slot(1));
    expect(await summary()).toMatchObject({ running: 2, waiting: 1 });
    await run.settle(end());
    expect(await summary()).toMatchObject({ running: 1, waiting: 1 });
    const looking = await openForTest(dataDir.path, { readOnly: true });
    expect((await looking.results()).batch).toMatchObject({ running: 1, waiting: 1, notStarted: 0 });
    await (await batch.startRun(slot(2))).settle(failed());
    await batch.close();
    expect(await summary()).toEqual({ state: 'finished', running: 0, waiting: 0, notStarted: 1 });
    await batch.slotBegan(2);
    expect(await summary()).toEqual({ state: 'running', running: 1, waiting: 1, notStarted: 0 });
  });

  it('have the log of a slot as a text file beside them, without secrets', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header(), { secrets: ['hunter22'] });
    batch.log(slot(2).slot, 'info', 'backup kept');
    batch.log(slot(1).slot, 'info', 'of another slot');
    batch.log(slot(2).slot, 'device', 'password hunter22');
    const path = await dataDir.saveLog(batch.id, slot(2).slot);
    expect(path).toBe(join(batch.folder, 'log-2.txt'));
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(
      /^2026-\d\d-\d\dT[0-9:.]+Z {2}info {2}backup kept\n[^\n]+ {2}device {2}password \[redacted\]\n$/,
    );
    await batch.close();
  });

  it('are written as CSV into the batch folder', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header({ operator: 'Ömer, bench 2' }));
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1) });
    const backup = await backUp(run);
    await run.settle(end({ evidence: 'rst:0x1 "POWERON"\r\n=cmd|calc', note: '+49 ask' }));
    await batch.close();
    const text = await readFile(join(batch.folder, 'results.csv'), 'utf8');
    expect(await readFile(await dataDir.exportCsv('B-0001'), 'utf8')).toBe(text);
    const [titles, cells, ...rest] = parseCsv(text);
    expect(rest).toEqual([]);
    const line = Object.fromEntries(titles!.map((title, index) => [title, cells![index]]));
    expect(line).toEqual({
      number: '1',
      run: '1',
      slot: 'virtual:lamp#1',
      mac: mac(1),
      name: '',
      hardware: '',
      runs: '',
      outcome: 'PASS',
      step: 'reboot',
      code: '',
      message: 'The new firmware started.',
      advice: '',
      proof: 'read back; banner',
      evidence: 'rst:0x1 "POWERON"\r\n=cmd|calc',
      firmware: 'app=/firmware/app.bin',
      'firmware sha256': 'a'.repeat(64),
      'backup file': backup.file,
      'backup sha256': backup.sha256,
      'bytes written': '1000',
      seconds: '12.3',
      tries: '1',
      operator: 'Ömer, bench 2',
      started: new Date((await dataDir.runs('B-0001'))[0]!.startedAt).toISOString(),
      note: "'+49 ask",
      label: `1  ${mac(1)}`,
    });
  });

  it('carry a line for the label of each unit, its bind key only among secrets', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1), name: 'ATC_10AA01', firmware: 'pvvx 5.8' });
    await run.keepSecret('mi-bind-key', 'a1'.repeat(16));
    await run.keepSecret('token', 'b2'.repeat(12));
    await run.keepSecret('bind-key', 'c3'.repeat(16));
    await run.settle(end());
    await batch.close();
    const label = async (secrets: boolean) => {
      const [titles, cells] = parseCsv(
        await readFile(await dataDir.exportCsv('B-0001', { secrets }), 'utf8'),
      );
      return cells![titles!.indexOf('label')];
    };
    expect(await label(false)).toBe(`1  ${mac(1)}  ATC_10AA01  pvvx 5.8`);
    expect(await label(true)).toBe(`1  ${mac(1)}  ATC_10AA01  pvvx 5.8  ${'c3'.repeat(16)}`);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '"=1', '\r=1', '\n', '＝1', '＠x'])(
    'do not hand %j to a spreadsheet as a formula',
    (text) => {
      const [[cell]] = parseCsv(`${csvCell(text)}\r\n`) as [[string]];
      expect(cell).toBe(`'${text}`);
    },
  );

  it('leave plain text and numbers as they are', () => {
    expect(['virtual:lamp#1', 'a=b', '', '2.0', "it's"].map(csvCell)).toEqual([
      'virtual:lamp#1',
      'a=b',
      '',
      '2.0',
      "it's",
    ]);
    expect(csvCell(-5)).toBe('-5');
    expect(csvCell(undefined)).toBe('');
    expect(resultsCsv([] as UnitResult[])).toMatch(/^number,run,slot,.*,label\r\n$/);
  });
});

describe('everything known of a unit', () => {
  it('is found by MAC, last six digits and run number, over all batches', async () => {
    const dataDir = await newDataDir();
    await settledRun(dataDir, 1, end({ outcome: 'UNSURE', code: 'NOT_PROVED' }));
    await settledRun(dataDir, 2);
    const last = await settledRun(dataDir, 1);
    for (const query of [mac(1), '246F2810AA01', '24-6f-28-10-aa-01', '10aa01', '10:AA:01', '1', '#3']) {
      const units = await dataDir.units(query);
      expect(units.map((unit) => unit.mac)).toEqual([mac(1)]);
      expect(units[0]).toMatchObject({ chip: 'ESP32-D0WD', flashSizeBytes: 4 << 20 });
      expect(units[0]!.runs.map(({ run, outcome }) => [run, outcome])).toEqual([
        [1, 'UNSURE'],
        [last, 'PASS'],
      ]);
    }
    expect(await dataDir.units('ffffff')).toEqual([]);
    expect(await dataDir.units('99')).toEqual([]);
    for (const query of ['', 'lamp', '10aa0', '24:6f:28:10:aa:0g'])
      await expect(dataDir.units(query)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('names every unit that ends on the same six digits', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    for (const [index, unit] of ['24:6f:28:00:00:01', '30:ae:a4:00:00:01'].entries()) {
      const run = await batch.startRun(slot(index + 1));
      await run.identified({ mac: unit });
      await run.settle(end());
    }
    expect((await dataDir.units('000001')).map((unit) => unit.mac)).toEqual([
      // Six digits may be a run number too: run 1 is the first unit, which is named once.
      '24:6f:28:00:00:01',
      '30:ae:a4:00:00:01',
    ]);
  });

  it('shows a run whose unit never said who it is', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    await (await batch.startRun(slot(1))).settle(failed());
    const [unit] = await dataDir.units('1');
    expect(unit!.mac).toBeUndefined();
    expect(unit!.runs).toMatchObject([{ run: 1, code: 'NOTHING_HEARD' }]);
  });

  it('says of each backup whether it is whole and what it can bring back', async () => {
    const dataDir = await newDataDir();
    const batch = await dataDir.startBatch(header());
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: mac(1) });
    await backUp(run);
    const damaged = await backUp(run);
    const gone = await backUp(run);
    await backUp(run, new Uint8Array(1500), 2000);
    await run.writeBegan();
    await backUp(run);
    await run.settle(end());
    await writeFile(damaged.file, 'not what it was');
    const { rm } = await import('node:fs/promises');
    await rm(gone.file);
    const { backups } = (await dataDir.units(mac(1)))[0]!;
    expect(
      backups.map(({ state, whole, mark, bringsBack }) => [state, whole, mark, bringsBack.split(/[:;]/)[0]]),
    ).toEqual([
      ['ok', true, 'first', 'The unit as it was before the first write'],
      ['damaged', true, 'first', 'Nothing'],
      ['missing', true, 'first', 'Nothing'],
      ['ok', false, 'first', 'Only a part of what it should hold (full-flash)'],
      ['ok', true, 'after-write', 'The unit as it was then, after a write to it had begun'],
    ]);
  });
});

it('lists hundreds of batches without reading their journals', async () => {
  const disk = faultyDisk();
  const dataDir = await newDataDir({ files: disk.files });
  const batch = await dataDir.startBatch(header());
  for (let n = 1; n <= 30; n++) {
    const run = await batch.startRun(slot(n));
    await run.identified({ mac: mac(n) });
    await run.settle(end());
  }
  await batch.close();
  await dataDir.close();
  const { cp } = await import('node:fs/promises');
  for (let n = 2; n <= 200; n++)
    await cp(
      join(dataDir.path, 'batches/B-0001'),
      join(dataDir.path, `batches/B-${String(n).padStart(4, '0')}`),
      { recursive: true },
    );

  const read: string[] = [];
  disk.seen = (path) => read.push(path);
  const again = await openForTest(dataDir.path, { files: disk.files });
  expect(await again.batches()).toHaveLength(200);
  expect(read.filter((path) => path.endsWith('.jsonl'))).toEqual([]);
  const before = read.length;
  await again.batches();
  expect(read.length).toBe(before);
});
