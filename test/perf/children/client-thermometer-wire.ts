import { systemClock } from '../../../src/core/clock.ts';
import { parseLinks } from '../../../src/core/link.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { estimateMs, FullWire, TxOnlyWire } from '../../../src/protocols/telink/sws/index.ts';
import { measured, testBytes } from './operation.ts';

/** What the process is asked for, as its one argument (JSON). */
export interface ThermometerWireJob {
  readonly link: string;
  readonly baudRate: number;
  readonly ability: 'full' | 'tx-only';
  readonly bytes: number;
}

/** What it prints, one line of JSON. */
export interface ThermometerWireResult {
  /** Of the write alone, without activation. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The least it can take: characters on the wire and the flash's own time. */
  readonly leastSeconds: number;
}

/** Enough for a chip that was reset at the start of the window. */
const WINDOW_MS = 500;

const { link, baudRate, ability, bytes } = JSON.parse(process.argv[2]!) as ThermometerWireJob;
const port = await openSerialPort(parseLinks(link)[0]!, { baudRate });
const Wire = ability === 'full' ? FullWire : TxOnlyWire;
const wire = await Wire.open(port, { clock: systemClock, baudRates: [baudRate] });
const { signal } = new AbortController();
await wire.activate({ signal, windowMs: WINDOW_MS, resetBy: 'lines' });
const regions = [{ offset: 0, bytes: testBytes(bytes, false) }];
const result = await measured(async () => {
  await wire.unlock();
  await wire.write(regions, { signal });
});
const leastSeconds = estimateMs(regions, ability, baudRate) / 1_000;
process.stdout.write(`${JSON.stringify({ ...result, leastSeconds } satisfies ThermometerWireResult)}\n`);
wire.close();
await port.close();
process.exit(0);
