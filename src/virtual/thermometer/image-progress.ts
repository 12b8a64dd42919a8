import type { NorFlash } from '../flash-chip/nor-flash.ts';
import { u32 } from '../bytes.ts';
import { FLASH_MAP } from './images/flash-map.ts';
import { HEADER_BYTES, KNLT } from './images/image-identity.ts';

const SIZE_AT = 0x18;
/** Where the header does not tell (yet): about what images for this device have. */
const USUAL_IMAGE_BYTES = 88_000;

/**
 * Whether what is programmed at `offset` is in the second half of the image that its bank holds. In the third bank,
 * where other things lie as well, only behind the header of an image.
 */
export function isSecondHalf(flash: NorFlash, offset: number, data: Uint8Array): boolean {
  const bank = [FLASH_MAP.bank3, FLASH_MAP.bank2, FLASH_MAP.bank1].find((start) => offset >= start)!;
  const header = offset === bank && data.length >= HEADER_BYTES ? data : flash.cells.subarray(bank);
  const hasHeader = KNLT.every((byte, index) => index === 0 || header[8 + index] === byte);
  if (bank === FLASH_MAP.bank3 && !hasHeader) return false;
  const size = hasHeader ? u32(header, SIZE_AT) : USUAL_IMAGE_BYTES;
  const from = offset - bank;
  return from >= size / 2 && from < size;
}
