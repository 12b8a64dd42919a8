import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyFlow } from '../../flows/flow.ts';
import { OUTCOMES, type Outcome } from '../../src/core/outcome.ts';
import { earlierBatch } from '../../src/main/earlier-batch.ts';
import { savedJob } from '../../src/main/saved-job.ts';
import type { BatchResults, BatchSummary, UnitResult } from '../../src/records/data-dir.ts';
import { lampFlow } from '../cli/fakes.ts';

let folder = '';
let firmware = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'benchflash-main-'));
  firmware = join(folder, 'lamp.bin');
  await writeFile(firmware, 'firmware');
});
afterAll(() => rm(folder, { recursive: true }));

const flows: readonly AnyFlow[] = [lampFlow];
const outcomes = (counts: Partial<Record<Outcome, number>>) =>
  ({ ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])), ...counts }) as Record<Outcome, number>;

const unfinished = (): BatchSummary => ({
  id: 'B-0007',
  header: {
    flow: 'lamp-flow',
    flowTitle: 'Lamp to ESPHome',
    device: 'Lamp',
    task: 'flash',
    jobName: 'lamps',
    cycle: false,
    practice: true,
    slots: [1, 2, 3].map((number) => ({ number, link: `virtual:lamp#${number}`, label: `slot ${number}` })),
    firmware: [],
    files: [{ path: firmware }],
    links: ['virtual:lamp?n=3'],
    settings: { baud: '115200', 'wifi-password': '[redacted]' },
    assume: ['wired'],
    warnings: [],
  },
  startedAt: 1000,
  outcomes: outcomes({ PASS: 1, INTERRUPTED: 1 }),
  units: 2,
  running: 0,
  waiting: 0,
  notStarted: 1,
  state: 'unfinished',
  damagedLines: 0,
});

const recordsOf = (batch: BatchSummary) => ({
  results: async (): Promise<BatchResults> => ({
    batch,
    units: [
      { slot: 'virtual:lamp#1', outcome: 'PASS' },
      { slot: 'virtual:lamp#2', outcome: 'INTERRUPTED' },
    ] as UnitResult[],
  }),
});

describe('an unfinished batch', () => {
  it('can be run again for the units that are open, without the secrets it had', async () => {
    const batch = unfinished();
    const { again, unfinished: open } = await earlierBatch(batch, recordsOf(batch), flows);
    expect(open).toBe(true);
    expect(again?.links.map((link) => link.text)).toEqual(['virtual:lamp#2', 'virtual:lamp#3']);
    expect(again).toMatchObject({ settings: { baud: '115200' }, assume: ['wired'], jobName: 'lamps' });
    expect(again?.settings).not.toHaveProperty('wifi-password');
  });

  it('cannot be run again when its files or its flow are gone', async () => {
    const batch = unfinished();
    expect((await earlierBatch(batch, recordsOf(batch), [])).again).toBeUndefined();
    batch.header.files = [{ path: join(folder, 'gone.bin') }];
    expect((await earlierBatch(batch, recordsOf(batch), flows)).again).toBeUndefined();
  });

  it('is offered only while it is unfinished', async () => {
    const batch: BatchSummary = { ...unfinished(), state: 'finished' };
    expect(await earlierBatch(batch, recordsOf(batch), flows)).toMatchObject({ unfinished: false });
    expect((await earlierBatch(batch, recordsOf(batch), flows)).again).toBeUndefined();
  });
});

describe('a saved job', () => {
  const job = () => ({
    name: 'lamps',
    flowId: 'lamp-flow',
    task: 'flash' as const,
    files: [{ path: firmware }],
    settings: {},
    links: [],
    assume: [],
  });

  it('says how its last batch went', () => {
    expect(savedJob(job(), [unfinished()], flows).last).toEqual({
      batchId: 'B-0007',
      at: 1000,
      good: 1,
      units: 2,
    });
    expect(savedJob({ ...job(), name: 'other' }, [unfinished()], flows)).not.toHaveProperty('last');
  });

  it('says why it cannot run now', () => {
    expect(savedJob(job(), [], flows)).not.toHaveProperty('problem');
    expect(savedJob({ ...job(), files: [{ path: join(folder, 'gone.bin') }] }, [], flows).problem).toBe(
      'missing file gone.bin',
    );
    expect(savedJob(job(), [], []).problem).toBe('no flow lamp-flow');
  });
});
