import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

const GOES_ON = 'A retry looks at what runs now, and goes on from there.';

/** Shelly plugs and switches, and the intermediate firmware by which they are converted. */
export const SHELLY_CODES = {
  SHELLY_GEN2: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'This is a Shelly of the second generation or later: an ESP32 with a locked boot loader.',
    advice: 'Leave it as it is: by network it may die within a few boots; only a serial adapter is safe.',
    retry: NOTHING_WRITTEN,
  },
  SHELLY_MODEL_DIFFERS: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The takeover image is made for another Shelly model: it would brick this one.',
    advice: 'Choose the takeover image that is named after this model.',
    retry: NOTHING_WRITTEN,
  },
  SHELLY_FIRMWARE_TOO_OLD: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'The stock firmware of the unit is too old for a takeover.',
    advice: 'Update it to current stock firmware in its app or page first, then retry.',
    retry: NOTHING_WRITTEN,
  },
  SHELLY_BUSY: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'The unit is updating itself.',
    advice: 'Leave the power on until it is through (five minutes), then retry.',
    retry: NOTHING_WRITTEN,
  },
  TAKEOVER_STUCK: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The intermediate firmware runs and does not fetch the target: the unit is not lost.',
    advice: 'Leave the power on and retry: it is brought on from there.',
    retry: GOES_ON,
  },
  TAKEOVER_SILENT: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'The unit took the intermediate firmware and is silent since.',
    advice:
      'Open a Wi-Fi named mgos-recover with the password RJoPuKC3u5 (a phone can), leave the power on, then retry.',
    retry: GOES_ON,
  },
  TAKEOVER_CUT: {
    outcome: 'FAIL',
    blame: 'device',
    message:
      'The second stage broke off in the middle, and the unit is silent since: its boot loader may be gone.',
    advice: 'Flash it by wire: unplugged from mains, screw out, five wires.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
