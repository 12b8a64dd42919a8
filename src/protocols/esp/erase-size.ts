export const SECTOR_BYTES = 0x1000;
const SECTORS_PER_BLOCK = 16;

/**
 * Erase size to send in FLASH_BEGIN to the ESP8266 ROM so that it erases just enough: it counts the sectors up to
 * the first 64 KiB border twice (reference section 6).
 */
export function esp8266EraseSize(offset: number, size: number): number {
  const sectors = Math.ceil(size / SECTOR_BYTES);
  const first = Math.floor(offset / SECTOR_BYTES);
  const head = Math.min(SECTORS_PER_BLOCK - (first % SECTORS_PER_BLOCK), sectors);
  return (sectors < 2 * head ? Math.ceil(sectors / 2) : sectors - head) * SECTOR_BYTES;
}
