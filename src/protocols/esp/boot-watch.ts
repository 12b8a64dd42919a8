import type { SerialPort } from '../../drivers/serial/port.ts';
import type { BootExpectation, BootReport, BootVerdict, BootWatchOptions } from './types.ts';

/** Listens to one boot (or one per rate) and judges it. Leaves the port open at the last rate. */
export function bootWatch(port: SerialPort, options: BootWatchOptions): Promise<BootReport> {
  return Promise.reject(new Error(`not built yet: ${port.link} ${options.resetBy}`));
}

export function judgeBoot(text: string, expectation: BootExpectation): BootVerdict {
  throw new Error(`not built yet: ${text.length} ${expectation.version}`);
}
