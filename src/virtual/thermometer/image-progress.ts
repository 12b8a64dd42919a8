import type { NorFlash } from '../flash-chip/nor-flash.ts';
import { u32 } from '../bytes.ts';
import { FLASH_MAP } from './images/flash-map.ts';

const SIZE_AT = 0x18;
const LARGEST_IMAGE_BYTES = 0x3_4000;
/** Where the header does not tell (yet): about what images for this device have. */
const USUAL_IMAGE_BYTES = 88_000;

/** Whether what is programmed at `offset` is in the second half of the image that its bank holds. */
export function isSecondHalf(flash: NorFlash, offset: number, data: Uint8Array): boolean {
  const bank = [FLASH_MAP.bank3, FLASH_MAP.bank2, FLASH_MAP.bank1].find((start) => offset >= start)!;
  const said =
    offset === bank && data.length >= SIZE_AT + 4 ? u32(data, SIZE_AT) : u32(flash.cells, bank + SIZE_AT);
  const size = said > 0 && said <= LARGEST_IMAGE_BYTES ? said : USUAL_IMAGE_BYTES;
  const from = offset - bank;
  return from >= size / 2 && from < size;
}
