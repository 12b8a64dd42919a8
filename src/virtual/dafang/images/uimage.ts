import CRC32 from 'crc-32';
import { latin1, textOf } from '../../bytes.ts';

export const UIMAGE_HEADER_BYTES = 64;
const MAGIC = 0x2705_1956;
const HEADER_CRC_AT = 4;
const LINUX = 5;
const MIPS = 5;

export const UIMAGE_TYPE = { kernel: 2, firmware: 5 } as const;

export interface UImageSpec {
  readonly name: string;
  readonly type: keyof typeof UIMAGE_TYPE;
  /** 0 none, 3 LZMA. */
  readonly compression: number;
  readonly loadAddress: number;
}

/** U-Boot's legacy image: a header of 64 bytes, big-endian, with a CRC of itself and one of what follows. */
export function uImage(payload: Uint8Array, spec: UImageSpec): Uint8Array {
  const image = new Uint8Array(UIMAGE_HEADER_BYTES + payload.length);
  const view = new DataView(image.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(8, 0x597b_6a09);
  view.setUint32(12, payload.length);
  view.setUint32(16, spec.loadAddress);
  view.setUint32(20, spec.loadAddress);
  view.setUint32(24, CRC32.buf(payload) >>> 0);
  image.set([LINUX, MIPS, UIMAGE_TYPE[spec.type], spec.compression], 28);
  image.set(latin1(spec.name.slice(0, 31)), 32);
  view.setUint32(HEADER_CRC_AT, CRC32.buf(image.subarray(0, UIMAGE_HEADER_BYTES)) >>> 0);
  image.set(payload, UIMAGE_HEADER_BYTES);
  return image;
}

export interface UImageHeader {
  readonly name: string;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  readonly loadAddress: number;
  readonly entryPoint: number;
  readonly isKernel: boolean;
}

/** What the 64 bytes at the start say; undefined without magic, 'bad-crc' where the header is damaged. */
export function uImageHeader(bytes: Uint8Array): UImageHeader | 'bad-crc' | undefined {
  const header = bytes.slice(0, UIMAGE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  if (view.getUint32(0) !== MAGIC) return undefined;
  const crc = view.getUint32(HEADER_CRC_AT);
  view.setUint32(HEADER_CRC_AT, 0);
  if (CRC32.buf(header) >>> 0 !== crc) return 'bad-crc';
  return {
    name: textOf(header.subarray(32)),
    payloadBytes: view.getUint32(12),
    payloadCrc: view.getUint32(24),
    loadAddress: view.getUint32(16),
    entryPoint: view.getUint32(20),
    isKernel: header[30] === UIMAGE_TYPE.kernel,
  };
}
