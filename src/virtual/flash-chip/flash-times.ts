/**
 * How long the modelled flash takes; typical data-sheet figures of the 25-series chips on such boards, as in
 * section 17 and 18 of the loader reference. Only paced links (`pace=`) let this time pass.
 */
export const FLASH_TIMES = {
  /** Erase of one 4 KiB sector, ms. */
  sectorEraseMs: 45,
  /** Program of one page of 256 bytes, ms. */
  pageProgramMs: 0.7,
  /** Erase of the whole chip, ms for each 4 KiB of it (10 s for 4 MiB). */
  chipEraseMsPerSector: 10,
  /** Writing the status register so that it lasts, ms; the public SWS page allows 3. */
  statusWriteMs: 2,
  /** MD5 by the stub, ms per MiB. */
  stubMd5MsPerMib: 250,
  /** MD5 by the ROM, ms per MiB. */
  romMd5MsPerMib: 500,
  /** Looking whether a sector is blank, which stub v2 does until it meets the first that is not, ms. */
  blankCheckMs: 1,
} as const;

/** A `slow-erase` chip takes this many times as long. */
export const SLOW_ERASE_FACTOR = 3;

export const SECTOR_BYTES = 4096;
export const PAGE_BYTES = 256;

/** Time to erase (once) and program `bytes` from a sector border, ms: the modelled limit of a write. */
export function modelledWriteMs(bytes: number): number {
  return (
    Math.ceil(bytes / SECTOR_BYTES) * FLASH_TIMES.sectorEraseMs +
    Math.ceil(bytes / PAGE_BYTES) * FLASH_TIMES.pageProgramMs
  );
}
