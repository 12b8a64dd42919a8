import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** Serial links. */
export const SERIAL_CODES = {
  PORT_NOT_FOUND: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'There is no such serial port.',
    advice: 'Plug the adapter in and check the name with benchflash scan.',
    retry: NOTHING_WRITTEN,
  },
  PORT_BUSY: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Another program has this serial port open.',
    advice: 'Close the other program (a serial monitor?), then retry.',
    retry: NOTHING_WRITTEN,
  },
  PORT_NO_PERMISSION: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This user may not open the serial port.',
    advice: 'Add the user to the group that owns the port, then log in again.',
    retry: NOTHING_WRITTEN,
  },
  PORT_OPEN_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The serial port could not be opened.',
    advice: 'Unplug and replug the adapter, then retry.',
    retry: NOTHING_WRITTEN,
  },
  LINK_LOST: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The link was lost: the adapter was unplugged or its connection closed.',
    advice: 'Plug the adapter in again (another USB port or hub if it repeats), then retry.',
    retry: KEEPS_BACKUP,
  },
  LINK_REFUSED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The network serial link refused the connection or cannot be reached.',
    advice: 'Check host, port and that the serial server is running.',
    retry: NOTHING_WRITTEN,
  },
  LINK_UNKNOWN: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'This link cannot be used with this flow.',
    advice: 'See benchflash flows for the links a flow takes.',
    retry: NOTHING_WRITTEN,
  },
  NO_CONTROL_LINES: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This port has no DTR and RTS lines.',
    advice: 'Do by hand what the lines would have done: the wiring page says how.',
    retry: NOTHING_WRITTEN,
  },
  BAUD_REFUSED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The port does not take this baud rate.',
    advice: 'Choose a lower rate.',
    retry: NOTHING_WRITTEN,
  },
  WRITE_TIMEOUT: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The port did not take the bytes in time.',
    advice: 'Check the adapter and its cable, then retry.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
