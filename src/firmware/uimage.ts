import CRC32 from 'crc-32';
import { fieldText, startsWith, u32be, u8 } from './bytes.ts';

export const UIMAGE_MAGIC = [0x27, 0x05, 0x19, 0x56] as const;
export const UIMAGE_HEADER_BYTES = 64;

/** Header of a legacy U-Boot image (U-Boot `include/image.h`); numbers are big-endian. */
export interface UImage {
  readonly name: string;
  /** 2 kernel, 5 firmware, others as in U-Boot. */
  readonly type: number;
  readonly payloadBytes: number;
  /** Of the payload, as the header has it. */
  readonly payloadCrc: number;
  readonly headerIsRight: boolean;
  /** `cut`: the file ends before the payload does. */
  readonly payload: 'right' | 'wrong' | 'cut';
}

/** Undefined where no header begins. */
export function parseUImage(bytes: Uint8Array): UImage | undefined {
  if (!startsWith(bytes, UIMAGE_MAGIC) || bytes.length < UIMAGE_HEADER_BYTES) return undefined;
  const header = bytes.slice(0, UIMAGE_HEADER_BYTES);
  header.fill(0, 4, 8);
  const payloadBytes = u32be(bytes, 12);
  const payload = bytes.subarray(UIMAGE_HEADER_BYTES, UIMAGE_HEADER_BYTES + payloadBytes);
  const payloadCrc = u32be(bytes, 24);
  return {
    name: fieldText(bytes.subarray(32, UIMAGE_HEADER_BYTES)),
    type: u8(bytes, 30),
    payloadBytes,
    payloadCrc,
    headerIsRight: CRC32.buf(header) >>> 0 === u32be(bytes, 4),
    payload:
      payload.length < payloadBytes ? 'cut' : CRC32.buf(payload) >>> 0 === payloadCrc ? 'right' : 'wrong',
  };
}
