import { createHash } from 'node:crypto';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';

/** MD5 over a stretch of flash; wraps at the end of the chip as reading does. */
export function flashMd5(flash: NorFlash, offset: number, length: number): Uint8Array {
  const hash = createHash('md5');
  for (let at = 0; at < length;) {
    const start = (offset + at) % flash.sizeBytes;
    const piece = Math.min(length - at, flash.sizeBytes - start);
    hash.update(flash.read(start, piece));
    at += piece;
  }
  return new Uint8Array(hash.digest());
}
