import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** The Xiaomi Dafang camera. */
export const DAFANG_CODES = {
  BOOT_CANNOT_DRIVE_FLASH: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This boot loader does not know the flash chip of this camera: it would stop before the kernel.',
    advice: 'Choose a boot loader that knows the chip; the one in the backup did.',
    retry: NOTHING_WRITTEN,
  },
  RAM_VARIANT_WRONG: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This boot loader is made for another amount of RAM than this camera has: it would not start.',
    advice:
      'Choose the variant for its RAM. mem, ispmem and rmem in /proc/cmdline add up to it, and the SPL prints it.',
    retry: NOTHING_WRITTEN,
  },
  RAM_VARIANT_UNKNOWN: {
    outcome: 'ERROR',
    blame: 'operator',
    message:
      'How much RAM this camera has is not known: its own boot loader is gone, and a wrong variant does not start.',
    advice:
      'Look at /proc/cmdline or at the DRAM line of an earlier boot, then give --set ram=64 or ram=128.',
    retry: NOTHING_WRITTEN,
  },
  MAC_OF_OTHER_UNIT: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message:
      'The identity in this file belongs to another camera: two cameras with one MAC knock each other off.',
    advice: 'Use a dump of this very camera.',
    retry: NOTHING_WRITTEN,
  },
  IDENTITY_CHANGED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'After the write para or config is not what it was: the camera would lose its MAC or settings.',
    advice: 'Leave the chip on the programmer and run benchflash restore with its backup.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
