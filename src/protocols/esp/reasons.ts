import type { LoaderMode } from './types.ts';

/** First status byte of a stub. */
export const STUB_CODE = {
  badLength: 0xc0,
  badChecksum: 0xc1,
  badBlockSize: 0xc2,
  invalidCommand: 0xc3,
  spiFailed: 0xc4,
  spiUnlockFailed: 0xc5,
  notInFlashMode: 0xc6,
  inflateError: 0xc7,
  notEnoughData: 0xc8,
  tooMuchData: 0xc9,
  notImplemented: 0xff,
} as const;

/** Second status byte of a ROM. */
export const ROM_REASON = { formatInvalid: 0x05, checksum: 0x07 } as const;

const STUB_TEXTS: ReadonlyMap<number, string> = new Map([
  [0xc0, 'bad length'],
  [0xc1, 'bad checksum'],
  [0xc2, 'bad block size'],
  [0xc3, 'invalid command'],
  [0xc4, 'SPI operation failed'],
  [0xc5, 'SPI unlock failed'],
  [0xc6, 'not in flash mode'],
  [0xc7, 'inflate error'],
  [0xc8, 'not enough data'],
  [0xc9, 'too much data'],
  [0xca, 'NAND program failed'],
  [0xcb, 'NAND erase failed'],
  [0xff, 'not implemented'],
]);

const ROM_TEXTS: ReadonlyMap<number, string> = new Map([
  [0x00, 'undefined error'],
  [0x01, 'bad parameter'],
  [0x02, 'malloc failed'],
  [0x03, 'send failed'],
  [0x04, 'receive failed'],
  [0x05, 'message format invalid or unknown command'],
  [0x06, 'executed, but the result is wrong'],
  [0x07, 'bad checksum'],
  [0x08, 'flash write failed on read-back'],
  [0x09, 'flash read failed'],
  [0x0a, 'flash read length'],
  [0x0b, 'inflate failed'],
  [0x0c, 'inflate Adler32 wrong'],
  [0x0d, 'inflate parameter'],
  [0x0e, 'bad RAM size'],
  [0x0f, 'bad RAM address'],
  [0x64, 'bad parameter'],
  [0x65, 'bad format'],
  [0x66, 'description too long'],
  [0x67, 'bad encoding'],
  [0x69, 'no storage'],
]);

/** What a loader meant by its two status bytes. */
export function reasonText(mode: LoaderMode, status: number, reason: number): string {
  const text = mode === 'stub' ? STUB_TEXTS.get(status) : ROM_TEXTS.get(reason);
  const hex = ((status << 8) | reason).toString(16).padStart(4, '0').toUpperCase();
  return text == null ? `unknown result ${hex}` : `${text} (result ${hex})`;
}
