import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** flashrom, the programmer it drives, and the flash chip on it. */
export const FLASHROM_CODES = {
  FLASHROM_MISSING: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The program flashrom is not installed on this computer.',
    advice: 'Install the package flashrom of your system, e.g. sudo apt install flashrom; then retry.',
    retry: NOTHING_WRITTEN,
  },
  FLASHROM_TOO_OLD: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This flashrom cannot write single regions of a chip (-l and -i).',
    advice: 'Install flashrom 1.3 or later, then retry.',
    retry: NOTHING_WRITTEN,
  },
  FLASHROM_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The program flashrom ended without the words that tell success, and without saying why.',
    advice: 'Read its last lines in the log of this place; then retry.',
    retry: KEEPS_BACKUP,
  },
  PROGRAMMER_MISSING: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The programmer cannot be reached: it is not plugged in, or its server does not answer.',
    advice: 'Plug the programmer in (for serprog: start its server), check the link, then retry.',
    retry: NOTHING_WRITTEN,
  },
  PROGRAMMER_STALLED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The programmer does not answer any more: flashrom waited for it in vain and was ended.',
    advice: 'Unplug the programmer (for serprog: restart its server), plug it in again, then retry.',
    retry: KEEPS_BACKUP,
  },
  PROGRAMMER_NO_PERMISSION: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The programmer is plugged in, but this user may not open it.',
    advice: 'Add a udev rule for it (or run as a user that may), plug it in again, then retry.',
    retry: NOTHING_WRITTEN,
  },
  PROGRAMMER_WRONG_MODE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The CH341A is there as a serial adapter (1a86:5523): its jumper is set to UART.',
    advice: 'Unplug it, set the jumper to SPI (pins 1 and 2), plug it in again; then retry.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_CHIP_NOT_FOUND: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'No flash chip answers: no contact, turned by 180 degrees, no 3.3 V, or the board around it pulls at the lines.',
    advice: 'Check pin 1, 3.3 V and every contact; with a clip, desolder the chip if it never answers.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_CONTACT_BAD: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'Something answers, but not as a flash chip does: bad contact, or a command that does not get through.',
    advice: 'Clean the pins and seat the clip again, with wires under 10 cm; then retry.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_CHIP_UNKNOWN: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The chip answers with an id that this flashrom does not know.',
    advice:
      'Install a newer flashrom and retry. Where the marking says a chip it does know, clean and seat the contacts.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_CHIP_AMBIGUOUS: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'Several chips share this id, and flashrom must be told which one it is.',
    advice: 'Read the marking on the chip and name it: --set chip=NAME.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_READ_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The chip could not be read to its end: the contact or the programmer failed.',
    advice: 'Seat the clip or chip again, use a shorter USB cable, then retry.',
    retry: KEEPS_BACKUP,
  },
  FLASH_READS_DIFFER: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Two reads of the same chip differ: nothing read over this contact can be trusted.',
    advice: 'Shorten the wires (under 10 cm), clean the pins, seat the clip again; then retry.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_READS_CONSTANT: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Every byte that was read is the same: bad contact, or a chip that is blank.',
    advice: 'Check every contact; if the chip is new, type blank in the full-screen bench.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_PROTECTED: {
    outcome: 'FAIL',
    blame: 'device',
    message:
      'The chip took nothing and holds what it held before: it is write protected (status register, pin WP low), or the programmer refuses the command.',
    advice: 'Tie pin 3 (WP) to 3.3 V, check the contact of pins 3 and 7, then retry.',
    retry: KEEPS_BACKUP,
  },
  FLASH_STATE_UNKNOWN: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'Writing failed in the middle: what the chip holds now is not what was to be written.',
    advice: 'Leave the chip on the programmer, check its contacts, and retry at once; the backup is kept.',
    retry: KEEPS_BACKUP,
  },
  FLASH_WRITE_BROKEN_OFF: {
    outcome: 'ABORTED',
    blame: 'operator',
    message: 'Writing was broken off on your word: the chip is half written and the camera does not start.',
    advice: 'Retry, or restore its backup, before the chip leaves the programmer.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
