import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { SlotView } from '../../../src/bench/view.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { runScreen } from '../../../src/ui/run-screen.tsx';
import { FakeBench } from '../../ui/fake-bench.ts';
import { FakeServices } from '../../ui/fake-services.ts';
import { batch, runningSlot } from '../../ui/slots.ts';
import { watchEventLoop, type LoopDelay } from '../event-loop.ts';

export interface DashboardJob {
  readonly slots: number;
  readonly columns: number;
  readonly rows: number;
  readonly framesPerSecond: number;
  readonly seconds: number;
}

export interface DashboardResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly frames: number;
  readonly bytes: number;
  readonly loop: LoopDelay;
  /** Memory of the process at the end, bytes. */
  readonly rssBytes: number;
}

const WARM_UP_SECONDS = 3;
const FLASH_BYTES = 4 * 2 ** 20;
const job = JSON.parse(process.argv[2]!) as DashboardJob;

/** Counts what a terminal would be sent. */
class CountingTty extends EventEmitter {
  readonly columns = job.columns;
  readonly rows = job.rows;
  readonly isTTY = true;
  bytes = 0;
  frames = 0;
  write(text: string): boolean {
    this.bytes += Buffer.byteLength(text);
    this.frames++;
    return true;
  }
}

/** Every slot at another place of its read, all moving at 46 KB/s. */
function slotsAt(frame: number): SlotView[] {
  const perSecond = 46_080;
  return Array.from({ length: job.slots }, (_, index) => {
    const done = Math.floor(index * 61_000 + (frame / job.framesPerSecond) * perSecond) % FLASH_BYTES;
    const etaMs = ((FLASH_BYTES - done) / perSecond) * 1_000;
    const progress = { label: 'reading flash', done, total: FLASH_BYTES, unit: 'bytes' as const };
    return runningSlot(index + 1, 'backup', { progress: { ...progress, perSecond, etaMs } });
  });
}

const tty = new CountingTty();
const signals = new EventEmitter();
let frame = 0;
const bench = new FakeBench([batch(slotsAt(frame))]);
const ended = runScreen({
  bench,
  services: new FakeServices(),
  start: { batchId: 'B-0143' },
  practice: false,
  ascii: false,
  colour: true,
  stdout: tty,
  stdin: new PassThrough(),
  clock: systemClock,
  signals,
});
const timer = setInterval(() => bench.set(batch(slotsAt(++frame))), 1_000 / job.framesPerSecond);
await systemClock.sleep(WARM_UP_SECONDS * 1_000);

const before = { bytes: tty.bytes, frames: tty.frames };
const cpu = process.cpuUsage();
const started = performance.now();
const stop = watchEventLoop();
await systemClock.sleep(job.seconds * 1_000);
const loop = stop();
const { user, system } = process.cpuUsage(cpu);
const result: DashboardResult = {
  seconds: (performance.now() - started) / 1_000,
  cpuSeconds: (user + system) / 1e6,
  frames: tty.frames - before.frames,
  bytes: tty.bytes - before.bytes,
  loop,
  rssBytes: process.memoryUsage().rss,
};
clearInterval(timer);
signals.emit('SIGTERM');
await ended;
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
