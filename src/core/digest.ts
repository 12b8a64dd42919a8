import { createHash } from 'node:crypto';

/** Lower-case hex, as loaders and records give it. */
export const md5Hex = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
