import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { Link } from '../../core/link.ts';
import type { LogSink } from '../../core/log.ts';
import type { OpenOptions, SerialPort } from './port.ts';

export interface SerialOpenOptions extends OpenOptions {
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Hears what is worth a line in the slot's log, e.g. that a server sets no baud rate. */
  readonly log?: LogSink;
  /** Opens `virtual:` links; the practice bench. */
  readonly openVirtual?: (link: Link, options: OpenOptions) => Promise<SerialPort>;
}

/** Opens a `serial`, `socket`, `rfc2217` or (where `openVirtual` is given) `virtual` link. Throws `BenchError`. */
export function openSerialPort(link: Link, options: SerialOpenOptions): Promise<SerialPort> {
  void options;
  return Promise.reject(new BenchError('LINK_UNKNOWN', { message: `${link.text} is not a serial link.` }));
}
