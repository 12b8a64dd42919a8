import { startsWith, u16, u32 } from './bytes.ts';

export const SQUASHFS_MAGIC = [0x68, 0x73, 0x71, 0x73] as const;

export interface Squashfs {
  /** Version of the format, e.g. 4. */
  readonly major: number;
  /** What the image says it uses, bytes; larger than the file: cut short. */
  readonly usedBytes: number;
}

/** Superblock: Linux `fs/squashfs/squashfs_fs.h`. Undefined where none begins. */
export function parseSquashfs(bytes: Uint8Array): Squashfs | undefined {
  if (!startsWith(bytes, SQUASHFS_MAGIC) || bytes.length < 96) return undefined;
  return { major: u16(bytes, 28), usedBytes: u32(bytes, 40) + u32(bytes, 44) * 2 ** 32 };
}
