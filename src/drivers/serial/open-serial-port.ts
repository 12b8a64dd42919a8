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

/**
 * Opens a `serial`, `socket`, `rfc2217` or (where `openVirtual` is given) `virtual` link. A serial link is a path or
 * a stable key (`usb:1-2.4`, see SerialPortInfo). Throws PORT_*, LINK_REFUSED, BAUD_REFUSED, LINK_UNKNOWN; on abort
 * the signal's reason. Each kind is loaded when it is first opened.
 */
export async function openSerialPort(link: Link, options: SerialOpenOptions): Promise<SerialPort> {
  options.signal?.throwIfAborted();
  switch (link.kind) {
    case 'serial': {
      const { openNodeSerialPort } = await import('./node-serial-port.ts');
      const { portOfLink } = await import('./discovery.ts');
      const { path, chip } = await portOfLink(link.text);
      return openNodeSerialPort(path, { ...options, link: link.text, ...(chip && { adapter: chip }) });
    }
    case 'socket': {
      const { openSocketPort } = await import('./socket-port.ts');
      return openSocketPort(link.text, options);
    }
    case 'rfc2217': {
      const { openRfc2217Port } = await import('./rfc2217-port.ts');
      return openRfc2217Port(link.text, options);
    }
    case 'virtual':
      if (options.openVirtual) return options.openVirtual(link, options);
  }
  throw new BenchError('LINK_UNKNOWN', {
    message: `${link.text} is not a serial link.`,
    detail: { link: link.text },
  });
}
