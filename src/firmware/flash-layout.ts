import { isFilled } from './bytes.ts';
import { mapsFlash, parseEspImage, type EspImage } from './esp-image.ts';
import type { Partition, PartitionTable } from './firmware-file.ts';
import { parsePartitionTable, TABLE_OFFSET } from './partition-table.ts';

const SECTOR_BYTES = 0x1000;
/** Makers move the table up to make room for a larger boot loader; nobody was seen to move it further. */
const LAST_TABLE_OFFSET = 0x2_0000;

/** Boot loader and partition table of one flash, found in a file that holds all or the head of it. */
export interface FlashLayout {
  /** Flash address of the file's first byte: 0, or 0x1000 where a tool has cut the filler. */
  readonly base: number;
  readonly bootloader: EspImage | undefined;
  /** In the file. */
  readonly tableOffset: number;
  readonly table: PartitionTable;
}

/** Undefined when the content is no ESP32 flash with a partition table. */
export function findFlashLayout(content: Uint8Array): FlashLayout | undefined {
  for (const start of [0, 0x1000]) {
    const image = parseEspImage(content, start);
    if (image?.chip?.imageId == null || mapsFlash(image) || image.chip.bootOffset < start) continue;
    const base = image.chip.bootOffset - start;
    const found = findTable(content, base);
    if (found != null) return { base, bootloader: image, ...found };
  }
  // A dump whose boot loader is gone or is not readable still shows its table.
  const table = content.length > TABLE_OFFSET ? findTable(content, 0) : undefined;
  return table == null || !table.table.partitions.some((partition) => partition.type === 0)
    ? undefined
    : { base: 0, bootloader: undefined, ...table };
}

function findTable(
  content: Uint8Array,
  base: number,
): { readonly tableOffset: number; readonly table: PartitionTable } | undefined {
  for (let offset = TABLE_OFFSET - base; offset <= LAST_TABLE_OFFSET - base; offset += SECTOR_BYTES) {
    const table = parsePartitionTable(content.subarray(offset, offset + SECTOR_BYTES));
    if (table != null) return { tableOffset: offset, table };
  }
  return undefined;
}

/** One stretch of the file: a partition, or what lies between. */
export interface FlashArea {
  /** In flash. */
  readonly offset: number;
  /** In the file. */
  readonly start: number;
  /** As far as the file reaches. */
  readonly bytes: Uint8Array;
  readonly partition: Partition | undefined;
}

/**
 * Cuts the file along the partition borders behind the table, sorted and without overlap: a partition that
 * overlaps an earlier one is left out, and what the file does not reach. Of gaps only what is not blank.
 */
export function cutAreas(content: Uint8Array, layout: FlashLayout): FlashArea[] {
  const { base } = layout;
  const areas: FlashArea[] = [];
  const area = (from: number, end: number, partition: Partition | undefined): void => {
    const start = partition == null ? skipBlank(content, from, end) : from;
    const whole = content.subarray(start, end);
    const bytes = partition == null ? whole.subarray(0, usedLength(whole, 0)) : whole;
    if (bytes.length > 0) areas.push({ offset: start + base, start, bytes, partition });
  };
  let position = layout.tableOffset + SECTOR_BYTES;
  for (const partition of [...layout.table.partitions].sort((a, b) => a.offset - b.offset)) {
    const start = partition.offset - base;
    if (partition.size === 0 || start < position || start >= content.length) continue;
    area(position, start, undefined);
    position = start + partition.size;
    area(start, position, partition);
  }
  area(position, content.length, undefined);
  return areas;
}

function skipBlank(content: Uint8Array, from: number, end: number): number {
  let start = from;
  while (start < end && isFilled(content.subarray(start, Math.min(start + SECTOR_BYTES, end)), 0xff))
    start += SECTOR_BYTES;
  return Math.min(start, end);
}

/** Where the last byte that is not 0xFF ends, rounded up to 16, at least `atLeast`. */
export function usedLength(bytes: Uint8Array, atLeast: number): number {
  let end = bytes.length;
  while (end > atLeast && bytes[end - 1] === 0xff) end--;
  return Math.min(bytes.length, Math.ceil(end / 16) * 16);
}
