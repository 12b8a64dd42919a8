import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flows } from '../../../flows/index.ts';
import { parseLinks } from '../../../src/core/link.ts';
import { openBench } from '../../../src/main/open-bench.ts';
import { makePracticeImages } from '../../../src/virtual/make-practice-images.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';

/** What the process is asked for, as its one argument (JSON). */
export interface ThermometerRadioJob {
  readonly units: number;
  /** How many the batch works on at once; all when missing. */
  readonly parallel?: number;
}

/** What it prints, one line of JSON. */
export interface ThermometerRadioResult {
  /** From the start of the batch to its last verdict. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly passed: number;
}

/** Any rate paces the radio too: connection intervals and flash then take their time. */
const PACED = 'pace=460800&fresh';

const { units, parallel } = JSON.parse(process.argv[2]!) as ThermometerRadioJob;
const directory = await mkdtemp(join(tmpdir(), 'benchflash-perf-'));
const images = await makePracticeImages(findVirtualDevice('thermometer'), join(directory, 'images'));
const image = images.find(({ path }) => path.includes('pvvx') && !path.includes('zigbee'))!.path;
const { bench, close } = await openBench({
  directory,
  access: 'own',
  interactive: false,
  version: 'perf',
  flows,
});
const cpu = process.cpuUsage();
const started = performance.now();
const id = await bench.start({
  flowId: 'lywsd03mmc-ble',
  task: 'flash',
  links: parseLinks(`virtual:thermometer?n=${units}&${PACED}`),
  files: [{ path: image }],
  settings: {},
  assume: ['wired'],
  ...(parallel !== undefined && { parallel }),
});
await bench.whenDone(id);
const seconds = (performance.now() - started) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const passed = bench.view().batches[0]!.slots.filter(({ settled }) => settled?.outcome === 'PASS').length;
await close();
await rm(directory, { recursive: true, force: true });
const result: ThermometerRadioResult = { seconds, cpuSeconds: (user + system) / 1e6, passed };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
