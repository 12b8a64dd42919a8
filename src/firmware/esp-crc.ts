import CRC32 from 'crc-32';

/**
 * CRC-32 as otadata and NVS use it: reflected polynomial 0xEDB88320, register starting at 0, final inversion;
 * the same as Python's `zlib.crc32(data, 0xFFFFFFFF)`. `before` carries on from an earlier piece.
 */
export const espCrc32 = (bytes: Uint8Array, before = -1): number => CRC32.buf(bytes, before) >>> 0;

/** The usual CRC-32 of zip and gzip. */
export const crc32 = (bytes: Uint8Array): number => CRC32.buf(bytes, 0) >>> 0;
