import { systemClock } from '../../../src/core/clock.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { serveVirtualDevice } from '../../../src/virtual/servers/server.ts';

/** What the process is asked for, as its one argument (JSON). */
export interface DevicesJob {
  /** Name of the virtual device. */
  readonly device: string;
  readonly paceBaud: number;
  /** How many, each on a port of its own, units 1 to `count`. */
  readonly count: number;
  /** rfc2217 when missing. */
  readonly scheme?: 'rfc2217' | 'http';
}

const { device, paceBaud, count, scheme = 'rfc2217' } = JSON.parse(process.argv[2]!) as DevicesJob;
const links: string[] = [];
for (let unit = 1; unit <= count; unit++) {
  const { url } = await serveVirtualDevice(findVirtualDevice(device), {
    scheme,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    unit,
    paceBaud,
  });
  links.push(url);
}
process.stdout.write(`${JSON.stringify(links)}\n`);
// The one who started it holds the other end: no device outlives its benchmark.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
