import { PAGE_BYTES, SECTOR_BYTES } from './flash-commands.ts';
import type { FlashRegion } from './types.ts';

export interface FlashPage {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Nothing but FF: erased flash holds it already. */
  readonly isBlank: boolean;
}

export interface FlashSector {
  readonly offset: number;
  readonly pages: readonly FlashPage[];
}

/** The sectors that a region covers, with the pages of each. The rest of the last sector is erased with it. */
export function sectorsOf({ offset, bytes }: FlashRegion): FlashSector[] {
  if (offset % SECTOR_BYTES !== 0) throw new RangeError(`a region begins at ${offset}, within a sector`);
  const sectors: FlashSector[] = [];
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES)
    sectors.push({ offset: offset + at, pages: pagesOf(offset + at, bytes.subarray(at, at + SECTOR_BYTES)) });
  return sectors;
}

function pagesOf(offset: number, bytes: Uint8Array): FlashPage[] {
  const pages: FlashPage[] = [];
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.subarray(at, at + PAGE_BYTES);
    pages.push({ offset: offset + at, bytes: page, isBlank: page.every((byte) => byte === 0xff) });
  }
  return pages;
}

export const totalBytes = (regions: readonly FlashRegion[]): number =>
  regions.reduce((sum, { bytes }) => sum + bytes.length, 0);
