import { buf } from 'crc-32';

/**
 * CRC-32 as otadata and NVS use it: reflected polynomial 0xEDB88320, register starting at 0, final inversion;
 * the same as Python's `zlib.crc32(data, 0xFFFFFFFF)`.
 */
export const espCrc32 = (bytes: Uint8Array): number => buf(bytes, -1) >>> 0;
