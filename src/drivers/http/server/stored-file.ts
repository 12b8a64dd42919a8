import { md5Hex, sha256Hex } from '../../../core/digest.ts';
import { gunzipSync, constants } from 'node:zlib';

/** A firmware file in this process's own memory, checked; nothing of it is read anywhere else again. */
export interface StoredFile {
  readonly sha256: string;
  readonly md5: string;
  readonly content: Buffer;
  /** Flash that its header asks for, bytes; undefined where it is no ESP8266 image. */
  readonly flashBytes: number | undefined;
}

/** Undefined where the hash is another. */
export function storeFile(content: Uint8Array, sha256: string): StoredFile | undefined {
  // A copy: what came over the channel may share its memory with other messages.
  const own = Buffer.from(content);
  if (sha256Hex(own) !== sha256) return undefined;
  return { sha256, md5: md5Hex(own), content: own, flashBytes: flashBytesOf(own) };
}

const KB = 1_024;
/** By the high nibble of byte 3 (ESP8266 image header). */
const FLASH_BYTES: Readonly<Record<number, number>> = {
  0: 512 * KB,
  1: 256 * KB,
  2: 1_024 * KB,
  3: 2_048 * KB,
  4: 4_096 * KB,
  8: 8_192 * KB,
  9: 16_384 * KB,
};
const IMAGE_MAGIC = 0xe9;
/** Enough of a gzip file for the first bytes of what is in it. */
const GZIP_HEAD_BYTES = 4_096;

/** The updater of a unit does not look into gzip, but the boot loader copies what is in it all the same. */
function flashBytesOf(content: Buffer): number | undefined {
  const head = content[0] === 0x1f && content[1] === 0x8b ? gunzippedHead(content) : content;
  return head[0] === IMAGE_MAGIC && head[3] !== undefined ? FLASH_BYTES[head[3] >> 4] : undefined;
}

function gunzippedHead(content: Buffer): Buffer {
  try {
    return gunzipSync(content.subarray(0, GZIP_HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}
