import { joinBytes, putU32, u16, u32 } from '../../bytes.ts';

export const OP = {
  FLASH_BEGIN: 0x02,
  FLASH_DATA: 0x03,
  FLASH_END: 0x04,
  MEM_BEGIN: 0x05,
  MEM_END: 0x06,
  MEM_DATA: 0x07,
  SYNC: 0x08,
  WRITE_REG: 0x09,
  READ_REG: 0x0a,
  SPI_SET_PARAMS: 0x0b,
  SPI_ATTACH: 0x0d,
  READ_FLASH_SLOW: 0x0e,
  CHANGE_BAUDRATE: 0x0f,
  FLASH_DEFL_BEGIN: 0x10,
  FLASH_DEFL_DATA: 0x11,
  FLASH_DEFL_END: 0x12,
  SPI_FLASH_MD5: 0x13,
  GET_SECURITY_INFO: 0x14,
  ERASE_FLASH: 0xd0,
  ERASE_REGION: 0xd1,
  READ_FLASH: 0xd2,
  RUN_USER_CODE: 0xd3,
} as const;

/** Header of a request: direction, op, size, checksum. */
export const HEADER_BYTES = 8;
/** Sub-header of a data packet: length, sequence number, two words of zero. */
export const DATA_HEADER_BYTES = 16;

export interface Request {
  readonly direction: number;
  readonly op: number;
  /** As the header claims it; `data` is what really came. */
  readonly size: number;
  readonly checksum: number;
  readonly data: Uint8Array;
}

/** Undefined for a frame too short to be a packet. */
export function parseRequest(frame: Uint8Array): Request | undefined {
  if (frame.length < HEADER_BYTES) return undefined;
  return {
    direction: frame[0]!,
    op: frame[1]!,
    size: u16(frame, 2),
    checksum: u32(frame, 4),
    data: frame.subarray(HEADER_BYTES),
  };
}

export function response(op: number, value: number, body: Uint8Array, status: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = 1;
  header[1] = op;
  header[2] = body.length + status.length;
  header[3] = (body.length + status.length) >>> 8;
  putU32(header, 4, value);
  return joinBytes(header, body, status);
}

/** XOR of the payload, from 0xEF. */
export function checksum(payload: Uint8Array): number {
  let sum = 0xef;
  for (const byte of payload) sum ^= byte;
  return sum;
}
