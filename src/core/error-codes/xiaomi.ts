import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

const OLD_FIRMWARE_STAYS =
  'A retry sends the whole image again; until it is complete the old firmware stays.';
const KEYS_KEPT = 'A retry logs in with the keys that are in the record; it does not activate again.';
const LISTENS_AGAIN = 'Look again listens for the new firmware and writes nothing.';
const SETTINGS_AGAIN = 'A retry applies the settings again; the firmware is not written again.';

/** Mi thermometers by Bluetooth: what they are, activation and login, update over the air, settings. */
export const XIAOMI_CODES = {
  MODEL_WITHOUT_PROFILE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This model is known, but benchflash has no profile to flash it.',
    advice: 'Take it out of the batch.',
    retry: NOTHING_WRITTEN,
  },
  HARDWARE_UNKNOWN: {
    outcome: 'SKIPPED',
    blame: 'device',
    message:
      'The unit names a hardware revision that is not known: other firmware may leave its display dark.',
    advice: 'Leave it as it is, or flash it by wire, where its own firmware can be read and kept.',
    retry: NOTHING_WRITTEN,
  },
  STOCK_WANTS_SIGNED: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'Stock firmware 2.1.1 takes no unsigned firmware over the air.',
    advice: 'Flash it by wire.',
    retry: NOTHING_WRITTEN,
  },
  BATTERY_LOW: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The cell is too weak for an update over the air: it would stop on the way.',
    advice: 'Put in a fresh CR2032, then retry.',
    retry: NOTHING_WRITTEN,
  },
  GATT_SERVICE_MISSING: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit does not show the service that this step needs.',
    advice:
      'Forget the unit in the Bluetooth settings of this computer or switch Bluetooth off and on, then retry.',
    retry: KEEPS_BACKUP,
  },
  MI_NO_ANSWER: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit fell silent during activation or login.',
    advice: 'Put in a fresh cell, bring it nearer, then retry; if it repeats, flash it by wire.',
    retry: KEEPS_BACKUP,
  },
  MI_BAD_MESSAGE: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit does not follow the order of activation or login.',
    advice: 'Take its cell out for ten seconds, then retry.',
    retry: KEEPS_BACKUP,
  },
  MI_TRANSFER_REFUSED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit did not take a message of activation or login.',
    advice: 'Close Mi Home and other apps that use it, then retry.',
    retry: KEEPS_BACKUP,
  },
  MI_FRAMES_LOST: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Bytes were lost on the air again and again.',
    advice: 'Bring the unit nearer, then retry.',
    retry: KEEPS_BACKUP,
  },
  MI_NEEDS_CLOUD_KEYS: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: "Only the vendor's cloud can activate this firmware.",
    advice: 'Flash it by wire.',
    retry: NOTHING_WRITTEN,
  },
  MI_ALREADY_BOUND: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: "The unit is bound to somebody's account; activating it anew takes it away from there.",
    advice: 'If it is yours, run again with --assume rebind; or give its token.',
    retry: NOTHING_WRITTEN,
  },
  MI_REGISTER_REFUSED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit refused the activation.',
    advice: 'Take its cell out for ten seconds and retry; if it repeats, flash it by wire.',
    retry: KEEPS_BACKUP,
  },
  MI_VERIFY_UNANSWERED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The new keys were sent, but not whether the unit took them; they are in the record.',
    advice: 'Bring the unit nearer and retry.',
    retry: KEYS_KEPT,
  },
  MI_NOT_REGISTERED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit says that it is not activated: it has no keys to log in with.',
    advice: 'Retry without a token: it is activated then.',
    retry: KEEPS_BACKUP,
  },
  MI_TOKEN_WRONG: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'The unit does not accept this token.',
    advice:
      'Give the token of this very unit, or accept by name that it is activated anew (--assume rebind).',
    retry: KEEPS_BACKUP,
  },
  OTA_IMAGE_TOO_LARGE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The image is larger than the space this firmware gives it.',
    advice: 'Choose a smaller image, or flash pvvx 4.6 or newer first.',
    retry: NOTHING_WRITTEN,
  },
  OTA_PACKETS_LOST: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit missed packets of the image and dropped it.',
    advice: 'Bring the unit nearer or put in a fresh cell, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  OTA_FLASH_FAILED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The flash of the unit did not take the image.',
    advice: 'Put in a fresh cell and retry; if it repeats, its flash is worn or locked: flash it by wire.',
    retry: OLD_FIRMWARE_STAYS,
  },
  OTA_IMAGE_REFUSED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit checked the whole image and refused it.',
    advice: 'Check with benchflash inspect that the file is for this model, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  OTA_INTERRUPTED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The connection broke while the image was sent.',
    advice: 'Bring the unit nearer or put in a fresh cell, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  OTA_NO_RESTART: {
    outcome: 'UNSURE',
    blame: 'device',
    message: 'The image was sent whole, but the unit did not restart into it.',
    advice: 'Take its cell out, put it in again, and look again.',
    retry: LISTENS_AGAIN,
  },
  OLD_FIRMWARE_RETURNED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The image was uploaded cleanly, and the old firmware came back.',
    advice: 'Put in a fresh cell and retry; if it comes back again, flash the unit by wire.',
    retry: OLD_FIRMWARE_STAYS,
  },
  NEW_FIRMWARE_NOT_HEARD: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'The image was sent whole, but the unit was not heard under the new firmware.',
    advice:
      'Take its cell out, put it in again, bring it nearer, and look again; nothing is written by that.',
    retry: LISTENS_AGAIN,
  },
  FIRMWARE_LOOKS_ALIKE: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Old and new firmware say the same of themselves: nothing tells whether the new one runs.',
    advice: 'Look at what the unit does; by wire the flash itself can be read and compared.',
    retry: LISTENS_AGAIN,
  },
  MAC_DIFFERS: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit says another MAC than the one it was reached by.',
    advice:
      'Take its cell out and put it in again (a MAC that was just set counts from then on), then retry.',
    retry: NOTHING_WRITTEN,
  },
  MI_KEYS_NOT_WRITABLE: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'The firmware of this unit takes no keys and settings by radio; only pvvx does.',
    advice: 'Flash pvvx first, or restore by wire.',
    retry: NOTHING_WRITTEN,
  },
  OTA_SPACE_NOT_CLEARED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit did not make room for the large image.',
    advice: 'Put in a fresh cell, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  PVVX_NO_ANSWER: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The firmware did not answer a command.',
    advice: 'Bring the unit nearer and retry; a unit with a PIN must be paired with this computer first.',
    retry: SETTINGS_AGAIN,
  },
  PVVX_NOT_TAKEN: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The firmware did not take what was set.',
    advice: 'Check the setting against what this firmware version offers, then retry.',
    retry: SETTINGS_AGAIN,
  },
  PVVX_PACKET_TOO_LONG: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This connection carries no packet long enough for the command.',
    advice: 'Retry with another Bluetooth adapter; the keys stay in the record.',
    retry: SETTINGS_AGAIN,
  },
} as const satisfies Record<string, ErrorCodeRow>;
