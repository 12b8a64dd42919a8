import type { ErrorCodeRow } from './errors.ts';

const KEEPS_BACKUP = 'A retry starts again at detect; backups that were checked are kept.';
const NOTHING_WRITTEN = 'A retry starts again at detect; nothing has been written.';

/**
 * Every code a person can meet, with the default sentence, fault and advice. Faults that are alike on the wire
 * share a code whose message names all causes. A more specific sentence may replace message and advice, never
 * the outcome.
 */
export const ERROR_CODES = {
  // The bench itself
  BUG: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'benchflash itself failed in a way it does not know.',
    advice: 'Keep the batch folder and report it with the log; then retry.',
    retry: KEEPS_BACKUP,
  },
  ABORTED: {
    outcome: 'ABORTED',
    blame: 'operator',
    message: 'Cancelled by the operator.',
    advice: 'Retry when ready; the unit is still in a state the wire can recover.',
    retry: KEEPS_BACKUP,
  },
  SKIPPED_BY_OPERATOR: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'Skipped by the operator before anything was written.',
    advice: 'Retry this slot to take it into the batch again.',
    retry: NOTHING_WRITTEN,
  },
  OPERATOR_NEEDED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'An answer by the operator was needed and nobody is at the screen.',
    advice: 'Run again with the --assume word that answers it, or in the full-screen bench.',
    retry: NOTHING_WRITTEN,
  },
  USAGE: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'The command or job cannot be understood.',
    advice: 'See benchflash --help.',
    retry: NOTHING_WRITTEN,
  },
  SAME_UNIT: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Another slot has reached this very unit already.',
    advice: 'Check which adapter is wired to which unit; leave one slot per unit.',
    retry: NOTHING_WRITTEN,
  },
  UNIT_SWAPPED: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'Another unit answers on this slot than the one the run began with.',
    advice: 'Leave the new unit in: it gets its own run. Put the first one back later and retry it.',
    retry: 'A retry starts again at detect with whichever unit is there.',
  },
  ALREADY_DONE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This unit has been settled in this batch already; it was left untouched.',
    advice: 'Take it out and put the next one in.',
    retry: NOTHING_WRITTEN,
  },
  BACKUP_REQUIRED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'No backup of this unit can be had, and going on without one was not accepted.',
    advice: 'Accept it by name (no-backup) if the unit may lose what is on it.',
    retry: NOTHING_WRITTEN,
  },
  BACKUP_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The backup file does not match its recorded SHA-256.',
    advice: 'Use another backup of this unit; check the disk.',
    retry: NOTHING_WRITTEN,
  },
  BACKUP_OF_OTHER_UNIT: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This backup belongs to another or an unknown unit.',
    advice: 'Choose a backup of this unit, or accept the other one by name (other-unit).',
    retry: NOTHING_WRITTEN,
  },
  NO_BACKUP_OF_UNIT: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'There is no whole backup of this unit in the records.',
    advice: 'Name one with --backup FILE, or leave the unit as it is.',
    retry: NOTHING_WRITTEN,
  },
  DISK_FULL: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The disk is full.',
    advice: 'Free disk space in the data directory, then retry.',
    retry: KEEPS_BACKUP,
  },
  DATA_DIR_OWNED: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'Another benchflash owns this data directory.',
    advice: 'Close the other one, or choose another --data-dir.',
    retry: NOTHING_WRITTEN,
  },
  DATA_DIR_UNUSABLE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The data directory cannot be written.',
    advice: 'Check its permissions, or choose another --data-dir.',
    retry: NOTHING_WRITTEN,
  },
  SETTINGS_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'A file of settings or jobs cannot be read.',
    advice:
      'Start again: the damaged file is kept beside the new one, repair it or take from it what you need.',
    retry: NOTHING_WRITTEN,
  },

  // Files
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

  // Serial links
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

  // Getting an ESP loader to answer
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

  // Working with an ESP loader
  LOADER_SILENT: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The loader stopped answering: power dipped, a wire came off, or bytes are lost at this baud rate.',
    advice: 'Check power and wires, power-cycle the unit into download mode, then retry.',
    retry: KEEPS_BACKUP,
  },
  LOADER_REFUSED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The loader refused a command.',
    advice: 'Power-cycle the unit into download mode and retry.',
    retry: KEEPS_BACKUP,
  },
  LOADER_UNSUPPORTED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'This loader does not know the command.',
    advice: 'Use the stub loader (turn off no-stub).',
    retry: NOTHING_WRITTEN,
  },
  BAUD_LOST: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'After a change of the baud rate the unit can neither hear nor be heard: this link does not carry it.',
    advice: 'Power-cycle the unit into download mode and retry at a lower rate.',
    retry: KEEPS_BACKUP,
  },
  STUB_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The stub loader was uploaded but did not start.',
    advice: 'Power-cycle the unit into download mode and retry; a weak supply is the usual cause.',
    retry: NOTHING_WRITTEN,
  },
  BYTES_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Bytes were lost or damaged on the wire again and again.',
    advice: 'Shorten the wires, check GND, choose a lower baud rate, then retry.',
    retry: KEEPS_BACKUP,
  },
  READ_DIGEST_MISMATCH: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The flash read back does not match the digest the unit sent: bytes were damaged on the wire, or the supply is weak.',
    advice: 'Power the unit from its own supply, choose a lower baud rate, then retry.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_WRITE_FAILED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The flash chip did not take the data.',
    advice:
      'Power the unit from its own supply and retry; if it repeats, the flash chip is write protected or worn.',
    retry: KEEPS_BACKUP,
  },
  VERIFY_MISMATCH: {
    outcome: 'FAIL',
    blame: 'device',
    message:
      'What is in flash is not what was written (MD5 differs): weak supply, wrong flash mode, or a bad flash chip.',
    advice: 'Power the unit from its own supply (never the 3.3 V pad) and retry.',
    retry: KEEPS_BACKUP,
  },

  // After the flash
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
