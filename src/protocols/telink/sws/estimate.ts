import { encodeWrites, pageSequence } from './flash-commands.ts';
import { sectorsOf } from './pages.ts';
import { FLASH_TIME } from './timings.ts';
import type { FlashRegion, WireAbility } from './types.ts';

const BITS_PER_CHARACTER = 10;

/** The least that writing these regions takes, ms: the page's characters on the wire, and the flash's own time. */
export function estimateMs(regions: readonly FlashRegion[], ability: WireAbility, baudRate: number): number {
  const time = ability === 'full' ? 'typicalMs' : 'maximumMs';
  let characters = 0;
  let flashMs = 0;
  for (const { offset, pages } of regions.flatMap(sectorsOf)) {
    characters += encodeWrites(pageSequence.sectorErase(offset)).length;
    flashMs += FLASH_TIME.sectorErase[time];
    for (const page of pages.filter(({ isBlank }) => !isBlank)) {
      characters += encodeWrites(pageSequence.pageProgram(page.offset, page.bytes)).length;
      flashMs += FLASH_TIME.pageProgram[time];
    }
  }
  return (characters * BITS_PER_CHARACTER * 1000) / baudRate + flashMs;
}
