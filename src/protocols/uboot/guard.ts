import { BenchError } from '../../core/errors.ts';

/** Where commands may write. */
export interface WritableFlash {
  /** First byte that may be written: what lies before belongs to the boot loader. */
  readonly from: number;
  /** First byte behind the flash. */
  readonly to: number;
}

const HEX = String.raw`0x[0-9a-f]{1,8}`;
const one = (pattern: string) => new RegExp(`^${pattern}$`);
const SF_CHANGE = one(`sf (?:update|write) ${HEX} (${HEX}) (${HEX})`);
const SF_ERASE = one(`sf erase (${HEX}) (${HEX})`);

/** Commands that change nothing but RAM. Whatever is not here or below is never sent. */
const HARMLESS = [
  one('version'),
  one('echo [A-Za-z0-9 ]{1,40}'),
  one('printenv filesize'),
  one(`crc32 ${HEX} ${HEX}`),
  one(`md\\.b ${HEX} ${HEX}`),
  one(`mw\\.b ${HEX} 0x[0-9a-f]{1,2} ${HEX}`),
  one(`cmp\\.b ${HEX} ${HEX} ${HEX}`),
  one('sf probe'),
  one(`sf read ${HEX} ${HEX} ${HEX}`),
  one('mmc rescan'),
  one('fatls mmc 0:1'),
  one(`fatload mmc 0:1 ${HEX} [A-Za-z0-9._-]{1,40} ${HEX} ${HEX}`),
  one(`loady ${HEX}`),
  one('reset'),
];

/**
 * Lets through what is known to be safe, and nothing else: no `saveenv` (its place is inside `boot`), no `sdupdate`, no
 * `;`, no erase that reaches the boot loader or the length of the chip (which U-Boot turns into a chip erase).
 * Throws UBOOT_COMMAND_REFUSED.
 */
export function refuseDangerous(command: string, writable: WritableFlash): void {
  if (HARMLESS.some((pattern) => pattern.test(command))) return;
  const change = SF_CHANGE.exec(command) ?? SF_ERASE.exec(command);
  if (change) {
    const offset = Number(change[1]);
    const length = Number(change[2]);
    if (length > 0 && offset >= writable.from && offset + length <= writable.to) return;
  }
  throw new BenchError('UBOOT_COMMAND_REFUSED', {
    message: `This command was held back, it could harm more than what is to be written: ${command.slice(0, 80)}`,
  });
}
