import type { SerialPort } from '../../drivers/serial/port.ts';
import type { EspLoader } from './loader.ts';
import type { ContactOptions } from './types.ts';

/**
 * Enters (or finds) the loader and reads the identity. Throws NOTHING_HEARD, GPIO0_HIGH, HOST_TX_NOT_HEARD,
 * GARBAGE_HEARD, BOOT_LOOP_HEARD when `limitMs` ends; UNKNOWN_CHIP; LINK_LOST; the signal's reason.
 */
export function contactLoader(port: SerialPort, options: ContactOptions): Promise<EspLoader> {
  return Promise.reject(new Error(`not built yet: ${port.link} ${options.resetBy}`));
}
