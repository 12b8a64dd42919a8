import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import { SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import { FLASH_MAP } from '../images/flash-map.ts';
import { imageIdentity, KNLT, type ImageIdentity } from '../images/image-identity.ts';

export const BOOT_MARK = KNLT[0];
export const BOOT_MARK_OFFSET = 8;

/** What the boot ROM found. */
export interface Boot {
  /** Flash offset of the bank that runs. */
  readonly bank: number;
  readonly image: ImageIdentity;
}

const BANKS = [FLASH_MAP.bank1, FLASH_MAP.bank2, FLASH_MAP.bank3] as const;

/**
 * The first bank whose byte 8 is 4B, whatever else is in it: the ROM checks no CRC, so a damaged image there starts
 * and dies, and nothing behind it gets its turn. Undefined where nothing runs.
 */
export function boot(flash: NorFlash): Boot | undefined {
  const marked = BANKS.find((bank) => flash.read(bank + BOOT_MARK_OFFSET, 1)[0] === BOOT_MARK);
  if (marked == null) return undefined;
  const image = imageIdentity(flash.cells, marked);
  if (image == null || !image.crcValid || image.family === 'unknown') return undefined;
  if (marked !== FLASH_MAP.bank3) {
    // Code addresses end with the bank: a longer image in the second one reads the wrong half of itself.
    const fits = marked === FLASH_MAP.bank1 || image.sizeBytes <= FLASH_MAP.bankBytes;
    return fits ? { bank: marked, image } : undefined;
  }
  if (image.family !== 'zigbee' && image.sizeBytes <= FLASH_MAP.bankBytes) moveDown(flash, image.sizeBytes);
  return { bank: image.family === 'zigbee' ? FLASH_MAP.bank3 : FLASH_MAP.bank1, image };
}

/** BLE firmware that arrived where Zigbee runs copies itself to the start of flash, boot mark last. */
function moveDown(flash: NorFlash, sizeBytes: number): void {
  const sectors = Math.ceil(sizeBytes / SECTOR_BYTES);
  const content = flash.read(FLASH_MAP.bank3, sectors * SECTOR_BYTES).slice();
  content[BOOT_MARK_OFFSET] = 0xff;
  flash.unlock();
  flash.eraseSectors(FLASH_MAP.bank1 / SECTOR_BYTES, sectors);
  flash.program(FLASH_MAP.bank1, content);
  flash.program(FLASH_MAP.bank1 + BOOT_MARK_OFFSET, Uint8Array.of(BOOT_MARK));
  flash.flush();
}
