import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

const OLD_FIRMWARE_STAYS = 'A retry starts again at detect; the firmware that runs was not replaced.';
const ASKS_AGAIN = 'Look again asks the unit what it runs and writes nothing.';

/** Plugs and switches that run Tasmota: what they answer, their web update, what comes back after it. */
export const TASMOTA_CODES = {
  TASMOTA_NO_WEB_ADMIN: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'The web pages of the unit are switched off or for its user only (WebServer 0 or 1).',
    advice: 'Set WebServer 2 over MQTT or its serial console, then retry; or flash it by wire.',
    retry: NOTHING_WRITTEN,
  },
  TASMOTA_COMMAND_REFUSED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit did not take a command.',
    advice: 'Check the setting against what this version offers, then retry.',
    retry: KEEPS_BACKUP,
  },
  TASMOTA_NOT_ESP8266: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This Tasmota runs on another chip than an ESP8266.',
    advice: 'Take it out of the batch: its images are others.',
    retry: NOTHING_WRITTEN,
  },
  TASMOTA_STEP_NEEDED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This version is too old to be brought to the target in one step.',
    advice: 'Flash the version it names first.',
    retry: NOTHING_WRITTEN,
  },
  TASMOTA_DOWNGRADE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The target is older than what runs, and does not understand its settings.',
    advice: 'Choose a newer image; an older one goes in by wire, over an erased flash.',
    retry: NOTHING_WRITTEN,
  },
  TASMOTA_MINIMAL_NEEDED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The target does not fit beside the firmware that runs.',
    advice: 'Give a tasmota-minimal as minimal=FILE: the way through it keeps the settings.',
    retry: NOTHING_WRITTEN,
  },
  TASMOTA_BACKUP_INVALID: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The settings backup that the unit gave does not verify.',
    advice: 'Retry; if it repeats, bring the unit nearer to the access point.',
    retry: NOTHING_WRITTEN,
  },
  TASMOTA_SETTINGS_DIFFER: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit holds other settings than the backup that was written.',
    advice: 'Retry the restore; if it repeats, the backup is of another version: flash that first.',
    retry: KEEPS_BACKUP,
  },
  TASMOTA_NO_FILE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit says that no file was sent (error 1).',
    advice: 'Retry; if it repeats, keep the log and report it.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_NO_SPACE: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit has not enough space for the image (error 2).',
    advice: 'Give a tasmota-minimal as minimal=FILE, or use the .bin.gz of the image (8.2 and later).',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_MAGIC: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit says that the file is no image: its first byte is not E9 (error 3).',
    advice: 'Versions before 8.2 take no .gz: use the .bin; else check the file with benchflash inspect.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_FLASH_SIZE: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit says that the image is for a larger flash than it has (error 4).',
    advice: 'Use an image for 1 MB flash.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_MISCOMPARE: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The updater of the unit refused a piece of the image (error 5): no space, or weak power.',
    advice: 'Retry; if it repeats, give a tasmota-minimal as minimal=FILE, or use another supply.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_UPLOAD_FAILED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The updater of the unit did not accept the whole image (error 6).',
    advice: 'Check its power and its Wi-Fi, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_UPLOAD_ABORTED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The connection was lost while the image went over (error 7).',
    advice: 'Bring the unit nearer to the access point, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_FILE_INVALID: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'The unit does not take this settings file (error 8): another chip family, or damaged.',
    advice: 'Choose a backup of this unit.',
    retry: KEEPS_BACKUP,
  },
  TASMOTA_FILE_TOO_LARGE: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit took the image for a settings file (error 9).',
    advice: 'Close other browser windows on this unit, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_SECOND_CHIP: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The unit took the file for firmware of its second chip and refused it (errors 10 to 13).',
    advice: 'Take it out of the batch: units with a radio chip beside the ESP8266 have no profile here.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_NOT_COMPATIBLE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The unit takes only images with a compatibility marker (error 14).',
    advice: 'Set patch=yes: a copy of the image with the marker is made and kept.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_REFUSED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit refused the upload for a reason that is not known here.',
    advice: 'Read its words in the record, then retry.',
    retry: OLD_FIRMWARE_STAYS,
  },
  TASMOTA_STAYED_MINIMAL: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit runs minimal and could not be brought on to the target.',
    advice: 'Retry: minimal is recognised and brought on; do not leave a unit with it.',
    retry: 'A retry starts again at detect and goes on from minimal.',
  },
  TASMOTA_LOOKS_ALIKE: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'What ran before says the same of itself as the image: nothing tells whether the new one runs.',
    advice: 'Run it through minimal (minimal=FILE, way=minimal): then the return from there is the proof.',
    retry: ASKS_AGAIN,
  },
  TASMOTA_MAYBE_STAGED: {
    outcome: 'UNSURE',
    blame: 'device',
    message:
      'The unit gave no result for the image and still runs the old firmware: it may hold the image until its next start.',
    advice:
      'Look again in five minutes. If it still runs the old firmware, cut its power for ten seconds: what it holds is dropped by that; then retry.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
