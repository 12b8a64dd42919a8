import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** The bench's own firmware server, from which units fetch over the network. */
export const FIRMWARE_SERVER_CODES = {
  SERVER_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The firmware server of this bench could not be started; the unit was told nothing.',
    advice: 'Start benchflash anew (it may have been updated while it ran), then retry.',
    retry: NOTHING_WRITTEN,
  },
  SERVER_PORT_TAKEN: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'Another program has the port that the firmware server was to listen on; the unit was told nothing.',
    advice: 'End the other program or choose another port, then retry.',
    retry: NOTHING_WRITTEN,
  },
  SERVER_UNREACHABLE: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The firmware server does not answer at the address by which the unit would reach it; the unit was told nothing.',
    advice: 'Let a firewall on this computer allow connections from the network of the unit, then retry.',
    retry: NOTHING_WRITTEN,
  },
  SERVER_LOST: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The firmware server of this bench ended while the unit was to fetch from it.',
    advice: 'Leave the unit powered, look what it answers, and retry.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
