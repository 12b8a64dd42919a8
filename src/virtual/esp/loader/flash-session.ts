import { FLASH_TIMES, SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import type { LoaderHost } from './loader.ts';

/** One write of a stub, from BEGIN to END: erases ahead of what it programs. */
export class FlashSession {
  readonly totalBytes: number;
  /** Where the next byte goes. */
  offset: number;
  /** Bytes still to be programmed. */
  remaining: number;
  private readonly host: LoaderHost;
  private readonly skipsBlank: boolean;
  private nextSector: number;
  private readonly endSector: number;
  private dirtySeen = false;
  private dead = false;

  /** `skipsBlank`: leaves sectors unerased that are blank, up to the first that is not (stub v2). */
  constructor(host: LoaderHost, offset: number, totalBytes: number, skipsBlank: boolean) {
    this.host = host;
    this.offset = offset;
    this.totalBytes = totalBytes;
    this.remaining = totalBytes;
    this.skipsBlank = skipsBlank;
    this.nextSector = Math.floor(offset / SECTOR_BYTES);
    this.endSector = Math.ceil((offset + totalBytes) / SECTOR_BYTES);
    host.writeBegan(totalBytes);
  }

  /**
   * Erases and programs what is next; bytes beyond the announced size are padding and left out. Returns how long
   * it takes, ms, or undefined when the unit died of it.
   */
  write(bytes: Uint8Array): number | undefined {
    const data = bytes.subarray(0, this.remaining);
    if (this.dead) return undefined;
    if (data.length === 0) return 0;
    const { flash } = this.host.chip;
    const eraseMs = this.eraseUpTo(Math.ceil((this.offset + data.length) / SECTOR_BYTES));
    let programMs = 0;
    // In pieces of a sector, so that a power loss can strike in the middle of a block.
    for (let at = 0; at < data.length; at += SECTOR_BYTES) {
      const piece = data.subarray(at, at + SECTOR_BYTES);
      programMs += this.host.cost(flash.program(this.offset, piece) * FLASH_TIMES.pageProgramMs);
      this.offset += piece.length;
      this.remaining -= piece.length;
      if (!this.host.wrote(piece.length)) {
        this.dead = true;
        return undefined;
      }
    }
    return eraseMs + programMs;
  }

  private eraseUpTo(sector: number): number {
    const { chip, sectorEraseMs } = this.host;
    let ms = 0;
    for (; this.nextSector < Math.min(sector, this.endSector); this.nextSector++) {
      if (this.skipsBlank && !this.dirtySeen) {
        ms += this.host.cost(FLASH_TIMES.blankCheckMs);
        if (chip.flash.isBlankSector(this.nextSector)) continue;
        this.dirtySeen = true;
      }
      chip.flash.eraseSectors(this.nextSector, 1);
      ms += sectorEraseMs;
    }
    return ms;
  }
}
