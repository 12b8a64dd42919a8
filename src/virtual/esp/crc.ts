import CRC32 from 'crc-32';

/** CRC-32 as otadata and NVS have it: register starting at zero, final inversion (reference sections 14, 15). */
export const idfCrc32 = (bytes: Uint8Array): number => CRC32.buf(bytes, -1) >>> 0;
