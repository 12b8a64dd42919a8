import type { ErrorCodeRow } from '../errors.ts';
import { NOTHING_WRITTEN } from './retries.ts';

/** Files. */
export const FILE_CODES = {
  FILE_NOT_FOUND: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'The file cannot be read.',
    advice: 'Check the path and its permissions.',
    retry: NOTHING_WRITTEN,
  },
  FIRMWARE_REFUSED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The firmware file is not what this flow can write.',
    advice: 'Choose a file that fits; benchflash inspect FILE says what this one is.',
    retry: NOTHING_WRITTEN,
  },
  FIRMWARE_DOES_NOT_FIT_UNIT: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The firmware does not fit this unit.',
    advice: 'Choose firmware built for this chip and flash size.',
    retry: NOTHING_WRITTEN,
  },
} as const satisfies Record<string, ErrorCodeRow>;
