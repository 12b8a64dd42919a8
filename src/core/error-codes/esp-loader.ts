import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** Working with an ESP loader. */
export const ESP_LOADER_CODES = {
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
} as const satisfies Record<string, ErrorCodeRow>;
