import { u32, putU32 } from './bytes.ts';
import { espCrc32 } from './esp-crc.ts';
import type { Partition, PartitionTable } from './firmware-file.ts';
import { isFactoryApp, otaPartitions } from './partition-table.ts';

/** otadata is two sectors; each starts with one entry of 32 bytes: seq, label[20], state, crc over seq. */
export const OTADATA_BYTES = 0x2000;
const SECTOR_BYTES = 0x1000;
const NO_SEQ = 0xffff_ffff;
/** States that the boot loader passes over: ESP_OTA_IMG_INVALID, ESP_OTA_IMG_ABORTED. */
const REFUSED_STATES: readonly number[] = [3, 4];

export interface OtadataEntry {
  readonly seq: number;
  readonly state: number;
  readonly valid: boolean;
  readonly blank: boolean;
}

export function parseOtadata(otadata: Uint8Array): readonly OtadataEntry[] {
  return [0, SECTOR_BYTES]
    .filter((start) => otadata.length >= start + 32)
    .map((start) => {
      const seq = u32(otadata, start);
      const state = u32(otadata, start + 24);
      const crcFits = u32(otadata, start + 28) === espCrc32(otadata.subarray(start, start + 4));
      return {
        seq,
        state,
        valid: seq !== NO_SEQ && seq !== 0 && crcFits && !REFUSED_STATES.includes(state),
        blank: seq === NO_SEQ,
      };
    });
}

export interface ActiveApp {
  readonly partition: Partition;
  /** What made it the one: the choice in otadata, or what the boot loader takes without one. */
  readonly because: 'otadata' | 'factory' | 'first ota';
}

/** The application partition that starts. Undefined when the table has none. */
export function activeOta(otadata: Uint8Array | undefined, table: PartitionTable): ActiveApp | undefined {
  const slots = otaPartitions(table);
  const entries = otadata == null ? [] : parseOtadata(otadata).filter((entry) => entry.valid);
  if (entries.length > 0 && slots.length > 0) {
    const seq = Math.max(...entries.map((entry) => entry.seq));
    const partition = slots[(seq - 1) % slots.length];
    if (partition != null) return { partition, because: 'otadata' };
  }
  const factory = table.partitions.find(isFactoryApp);
  if (factory != null) return { partition: factory, because: 'factory' };
  const first = slots[0];
  return first == null ? undefined : { partition: first, because: 'first ota' };
}

/**
 * otadata (8192 bytes) that selects `slot` (0 = the first OTA partition) of `slotCount`. With `previous`, the
 * sequence number goes on above the highest one found there, as an update over the air would do.
 */
export function buildOtadata(slot: number, slotCount: number, previous?: Uint8Array): Uint8Array {
  if (!Number.isInteger(slot) || slot < 0 || slot >= slotCount || slotCount > 16)
    throw new RangeError(`There is no OTA slot ${slot} of ${slotCount}.`);
  const highest =
    previous == null
      ? 0
      : Math.max(
          0,
          ...parseOtadata(previous)
            .filter((e) => e.valid)
            .map((e) => e.seq),
        );
  let seq = slot + 1;
  if (seq <= highest) seq += Math.ceil((highest + 1 - seq) / slotCount) * slotCount;
  const otadata = new Uint8Array(OTADATA_BYTES).fill(0xff);
  putU32(otadata, 0, seq);
  putU32(otadata, 28, espCrc32(otadata.subarray(0, 4)));
  return otadata;
}
