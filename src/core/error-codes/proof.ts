import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP } from './retries.ts';

/** After the flash. */
export const PROOF_CODES = {
  BOOT_LOOP: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The new firmware was written and verified, but the unit restarts over and over.',
    advice: 'Read the boot text in the record; restore the backup or try the DOUT boot set.',
    retry: KEEPS_BACKUP,
  },
  BOOT_INVALID: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The boot ROM finds no valid image in flash.',
    advice: 'Restore the backup, or flash with the DOUT boot set.',
    retry: KEEPS_BACKUP,
  },
  BOOT_OTHER_FIRMWARE: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit started, but other firmware than the one written.',
    advice: 'Check the boot text in the record, then retry.',
    retry: KEEPS_BACKUP,
  },
  BOOT_NOT_SEEN: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Written and verified, but the start of the new firmware was not seen.',
    advice: 'Free GPIO0, power-cycle the unit and look again; nothing is written by that.',
    retry: 'Look again listens for the boot text and writes nothing.',
  },
  NOT_PROVED: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Written, but this chip cannot prove it without the stub loader.',
    advice: 'Power-cycle the unit and look at what it does; or run again with the stub.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
