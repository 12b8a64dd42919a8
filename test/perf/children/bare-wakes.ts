import { connect } from 'node:net';
import { systemClock } from '../../../src/core/clock.ts';

export interface BareWakesJob {
  readonly port: number;
  readonly seconds: number;
}

export interface BareWakesResult {
  readonly wakes: number;
  readonly cpuSeconds: number;
}

/** A client that throws away what it hears. */
const { port, seconds } = JSON.parse(process.argv[2]!) as BareWakesJob;
let wakes = 0;
connect(port, '127.0.0.1').on('data', () => wakes++);
await systemClock.sleep(1_000);
wakes = 0;
const cpu = process.cpuUsage();
await systemClock.sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(cpu);
const result: BareWakesResult = { wakes, cpuSeconds: (user + system) / 1e6 };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
