import { BenchError, isBenchError } from '../../../core/errors.ts';
import type { LogSink } from '../../../core/log.ts';
import type { SerialPort } from '../../../drivers/serial/port.ts';

/** The page's default first; then up, for chips at 48 MHz, and down, for long wires and slow adapters. */
export const SWS_BAUD_LADDER: readonly number[] = [460_800, 921_600, 230_400, 115_200];

/** Goes to the first rate that the port takes; a port whose rate is fixed elsewhere keeps it. Throws BAUD_REFUSED. */
export async function takeRate(port: SerialPort, rates: readonly number[], log: LogSink): Promise<void> {
  if (!port.hasBaudRate) return;
  for (const rate of rates) {
    try {
      if (port.baudRate !== rate) await port.setBaudRate(rate);
      return;
    } catch (error) {
      if (!isBenchError(error, 'BAUD_REFUSED')) throw error;
      log('warn', `the port does not take ${rate} baud`);
    }
  }
  throw new BenchError('BAUD_REFUSED', {
    message: `${port.link} takes none of the rates ${rates.join(', ')}.`,
    detail: { link: port.link },
  });
}
