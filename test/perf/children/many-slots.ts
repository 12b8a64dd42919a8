import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flows } from '../../../flows/index.ts';
import type { BatchRequest } from '../../../src/bench/view.ts';
import { parseLinks } from '../../../src/core/link.ts';
import { openBench } from '../../../src/main/open-bench.ts';
import { makePracticeImages } from '../../../src/virtual/make-practice-images.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { watchEventLoop, type LoopDelay } from '../event-loop.ts';

export interface ManySlotsJob {
  readonly links: readonly string[];
  readonly baudRate: number;
}

export interface PhaseResult {
  readonly task: 'backup' | 'flash';
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly loop: LoopDelay;
  /** Of all slots. */
  readonly bytes: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** The program's own bench and records in a temporary data directory; devices are in another process. */
const { links, baudRate } = JSON.parse(process.argv[2]!) as ManySlotsJob;
const directory = await mkdtemp(join(tmpdir(), 'benchflash-perf-'));
const images = await makePracticeImages(findVirtualDevice('lamp'), join(directory, 'images'));
const image = images.find(({ image: { file } }) => file.includes('esphome'))!.path;
const opened = await openBench({ directory, access: 'own', interactive: false, version: 'perf', flows });

async function phase(task: PhaseResult['task'], request: Partial<BatchRequest>): Promise<PhaseResult> {
  const { bench } = opened;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const stop = watchEventLoop();
  const id = await bench.start({
    flowId: 'mijia-bedside-lamp-2',
    task,
    links: links.flatMap(parseLinks),
    files: [],
    settings: { baud: String(baudRate) },
    assume: ['wired'],
    ...request,
  });
  await bench.whenDone(id);
  const loop = stop();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1_000;
  const { slots } = bench.view().batches.find((batch) => batch.id === id)!;
  const outcomes: Record<string, number> = {};
  const problems: string[] = [];
  let bytes = 0;
  for (const { settled, label } of slots) {
    if (settled == null) continue;
    outcomes[settled.outcome] = (outcomes[settled.outcome] ?? 0) + 1;
    bytes += task === 'backup' ? (settled.backup?.bytes ?? 0) : settled.bytesWritten;
    if (settled.outcome !== 'PASS') problems.push(`${label}: ${settled.outcome} ${settled.message}`);
  }
  return { task, seconds, cpuSeconds: (user + system) / 1e6, loop, bytes, outcomes, problems };
}

const results = [await phase('backup', {}), await phase('flash', { files: [{ path: image }] })];
await opened.close();
await rm(directory, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
