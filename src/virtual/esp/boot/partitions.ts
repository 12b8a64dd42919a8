import { createHash } from 'node:crypto';
import { textOf, u16, u32 } from '../../bytes.ts';
import { idfCrc32 } from '../crc.ts';

export const PARTITION_TABLE_OFFSET = 0x8000;
const TABLE_BYTES = 0xc00;
const ROW_BYTES = 32;
const ROW_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;

export interface Partition {
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly label: string;
}

export const isOtaSlot = ({ type, subtype }: Partition): boolean =>
  type === 0 && subtype >= 0x10 && subtype < 0x20;

/** The partition table as the boot loader takes it, or its complaint. */
export function readPartitions(flash: Uint8Array, chipBytes: number): readonly Partition[] | string {
  const partitions: Partition[] = [];
  for (let at = PARTITION_TABLE_OFFSET; at < PARTITION_TABLE_OFFSET + TABLE_BYTES; at += ROW_BYTES) {
    const magic = u16(flash, at);
    const index = partitions.length;
    if (magic === ROW_MAGIC) {
      const partition = {
        type: flash[at + 2]!,
        subtype: flash[at + 3]!,
        offset: u32(flash, at + 4),
        size: u32(flash, at + 8),
        label: textOf(flash.subarray(at + 12, at + 28)),
      };
      if (partition.offset + partition.size > chipBytes)
        return (
          `partition ${index} invalid - offset 0x${partition.offset.toString(16)} ` +
          `size 0x${partition.size.toString(16)} exceeds flash chip size 0x${chipBytes.toString(16)}`
        );
      partitions.push(partition);
    } else if (magic === MD5_MAGIC) {
      const md5 = createHash('md5').update(flash.subarray(PARTITION_TABLE_OFFSET, at)).digest();
      if (!md5.equals(flash.subarray(at + 16, at + 32))) return 'Incorrect MD5 checksum for partition table';
    } else if (magic === 0xffff && index > 0) return partitions;
    else return `partition ${index} invalid magic number 0x${magic.toString(16)}`;
  }
  return partitions;
}

/** Number of the OTA slot that otadata selects; undefined when it selects none. */
export function selectedSlot(flash: Uint8Array, partitions: readonly Partition[]): number | undefined {
  const otadata = partitions.find(({ type, subtype }) => type === 1 && subtype === 0);
  const slots = partitions.filter(isOtaSlot).length;
  if (otadata == null || slots === 0) return undefined;
  const sequences = [0, 0x1000]
    .map((sector) => otadata.offset + sector)
    .filter((at) => isValidEntry(flash, at))
    .map((at) => u32(flash, at));
  return sequences.length === 0 ? undefined : (Math.max(...sequences) - 1) % slots;
}

const STATE_INVALID = 3;
const STATE_ABORTED = 4;

function isValidEntry(flash: Uint8Array, at: number): boolean {
  const sequence = u32(flash, at);
  const state = u32(flash, at + 24);
  if (sequence === 0xffff_ffff || sequence === 0 || state === STATE_INVALID || state === STATE_ABORTED)
    return false;
  return u32(flash, at + 28) === idfCrc32(flash.subarray(at, at + 4));
}
