import type { ErrorCodeRow } from '../errors.ts';
import { NOTHING_WRITTEN } from './retries.ts';

/** Getting an ESP loader to answer. */
export const ESP_CONTACT_CODES = {
  NOTHING_HEARD: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Nothing at all was heard: no power, no common ground, TX and RX swapped, or the wrong port.',
    advice: 'Check power and GND, then swap TX and RX.',
    retry: NOTHING_WRITTEN,
  },
  GPIO0_HIGH: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit started its normal firmware: GPIO0 was not low when power came.',
    advice: 'Hold GPIO0 to GND first, then apply power.',
    retry: NOTHING_WRITTEN,
  },
  HOST_TX_NOT_HEARD: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The unit waits for download but does not hear us: the wire from TX of the adapter to RX of the unit is open.',
    advice: 'Check the wire from the adapter TX to the unit RX.',
    retry: NOTHING_WRITTEN,
  },
  GARBAGE_HEARD: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'Only garbage was heard: another baud rate, a bad ground, or the 74880-baud boot text of an ESP8266 that is not in download mode or does not hear us.',
    advice: 'Check GND, that GPIO0 is low at power-up, and the wire from the adapter TX to the unit RX.',
    retry: NOTHING_WRITTEN,
  },
  BOOT_LOOP_HEARD: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The unit restarts over and over in normal boot: GPIO0 was not low, and its flash holds nothing that starts.',
    advice: 'Hold GPIO0 to GND first, then apply power; the unit can be saved from there.',
    retry: NOTHING_WRITTEN,
  },
  WRONG_CHIP: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This is another chip than this flow is for.',
    advice: 'Take this unit out, or choose the flow for its chip.',
    retry: NOTHING_WRITTEN,
  },
  UNKNOWN_CHIP: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'The loader answers, but the chip is not one benchflash knows.',
    advice: 'Take this unit out; it is left as it is.',
    retry: NOTHING_WRITTEN,
  },
  NO_IDENTITY: {
    outcome: 'SKIPPED',
    blame: 'device',
    message:
      'The chip has no MAC (its efuses are blank or cannot be read): it cannot be told from another unit, and a backup could not be kept for it.',
    advice: 'Take this unit out; it is left as it is.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_ENCRYPTED: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'Flash encryption is on: plain firmware would brick this unit.',
    advice: 'Take this unit out; it cannot be flashed by wire.',
    retry: NOTHING_WRITTEN,
  },
  SECURE_BOOT: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'Secure boot is on: this unit starts only firmware signed by its maker.',
    advice: 'Take this unit out; it cannot be given other firmware.',
    retry: NOTHING_WRITTEN,
  },
  SECURE_DOWNLOAD: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'Secure download mode is on: flash can neither be read nor checked.',
    advice: 'Take this unit out; it cannot be flashed safely.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_CHIP_SILENT: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The flash chip of the unit does not answer.',
    advice:
      'Power the unit from its own supply and retry; if it repeats, the flash chip or its solder joints are bad.',
    retry: NOTHING_WRITTEN,
  },
} as const satisfies Record<string, ErrorCodeRow>;
