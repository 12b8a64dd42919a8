import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flows } from '../../../flows/index.ts';
import { parseLinks } from '../../../src/core/link.ts';
import { openBench } from '../../../src/main/open-bench.ts';
import { watchEventLoop, type LoopDelay } from '../event-loop.ts';
import { watchChild, type ProcessUsage } from '../process-usage.ts';

export interface NetworkPlugsJob {
  readonly links: readonly string[];
  /** Takeover archive and target. */
  readonly files: readonly string[];
}

export interface NetworkPlugsResult {
  readonly seconds: number;
  readonly bench: ProcessUsage;
  /** Of the firmware server's process; missing where the system does not tell. */
  readonly server?: ProcessUsage;
  readonly loop: LoopDelay;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** The program's own bench and firmware server; the plugs are in another process. */
const { links, files } = JSON.parse(process.argv[2]!) as NetworkPlugsJob;
const directory = await mkdtemp(join(tmpdir(), 'benchflash-perf-'));
const opened = await openBench({ directory, access: 'own', interactive: false, version: 'perf', flows });
const { bench } = opened;

const started = performance.now();
const cpu = process.cpuUsage();
const serverUsage = watchChild('firmware server');
const stop = watchEventLoop();
const id = await bench.start({
  flowId: 'shelly-plug-s',
  task: 'flash',
  links: links.flatMap(parseLinks),
  files: files.map((path) => ({ path })),
  settings: {},
  // Nobody waits for a first unit: it is the load of all at once that is measured.
  assume: ['pilot', 'isolated-network'],
});
await bench.whenDone(id);
const loop = stop();
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - started) / 1_000;
const server = serverUsage();
const { slots } = bench.view().batches.find((batch) => batch.id === id)!;
const outcomes: Record<string, number> = {};
const problems: string[] = [];
for (const { settled, label } of slots) {
  if (settled == null) continue;
  outcomes[settled.outcome] = (outcomes[settled.outcome] ?? 0) + 1;
  if (settled.outcome !== 'PASS') problems.push(`${label}: ${settled.outcome} ${settled.message}`);
}
const result: NetworkPlugsResult = {
  seconds,
  bench: { cpuSeconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 },
  ...(server && { server }),
  loop,
  outcomes,
  problems,
};
await opened.close();
await rm(directory, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
