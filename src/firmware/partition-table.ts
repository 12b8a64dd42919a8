import { fieldText, hex, isFilled, md5, sameBytes, sizeText, u16, u32, u8 } from './bytes.ts';
import type { FirmwareProblem, Partition, PartitionTable } from './firmware-file.ts';

/** A row is 32 bytes; the table uses at most 0xC00 bytes of its sector (ESP-IDF). */
const ROW_BYTES = 32;
export const TABLE_MAX_BYTES = 0xc00;
export const TABLE_OFFSET = 0x8000;
const ROW_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;

/**
 * Reads the table that starts at the first byte. Undefined when there is none (no row, or anything but a row,
 * the MD5 row or the end mark where a row should be). What is wrong with a table that can be read is in `problems`.
 */
export function parsePartitionTable(bytes: Uint8Array): PartitionTable | undefined {
  const partitions: Partition[] = [];
  const problems: FirmwareProblem[] = [];
  let md5State: PartitionTable['md5'] = 'missing';
  const limit = Math.min(bytes.length, TABLE_MAX_BYTES);
  let ended = false;
  for (let offset = 0; offset + ROW_BYTES <= limit && !ended; offset += ROW_BYTES) {
    const row = bytes.subarray(offset, offset + ROW_BYTES);
    const magic = u16(row, 0);
    if (magic === ROW_MAGIC && md5State === 'missing') partitions.push(readRow(row));
    else if (magic === MD5_MAGIC && md5State === 'missing')
      md5State = sameBytes(row.subarray(16), md5(bytes.subarray(0, offset))) ? 'valid' : 'wrong';
    else if (isFilled(row, 0xff)) ended = true;
    else if (partitions.length === 0 || magic === ROW_MAGIC) return undefined;
    else {
      problems.push({
        severity: 'error',
        text: `The partition table holds something that is no row at ${hex(offset)}.`,
      });
      ended = true;
    }
  }
  if (partitions.length === 0) return undefined;
  if (md5State === 'wrong')
    problems.push({
      severity: 'error',
      text: 'The MD5 row of the partition table does not fit its rows: the table is damaged, the boot loader refuses it.',
    });
  if (!ended && limit < TABLE_MAX_BYTES)
    problems.push({
      severity: 'error',
      text: 'The partition table is cut short: its end mark is missing.',
    });
  problems.push(...findRowProblems(partitions));
  return { partitions, md5: md5State, problems };
}

function readRow(row: Uint8Array): Partition {
  const flags = u32(row, 28);
  return {
    type: u8(row, 2),
    subtype: u8(row, 3),
    offset: u32(row, 4),
    size: u32(row, 8),
    label: fieldText(row.subarray(12, 28)),
    encrypted: (flags & 1) !== 0,
    readOnly: (flags & 2) !== 0,
  };
}

function findRowProblems(partitions: readonly Partition[]): FirmwareProblem[] {
  const problems: FirmwareProblem[] = [];
  for (const partition of partitions) {
    if (partition.type === 0 && partition.offset % 0x1_0000 !== 0)
      problems.push({
        severity: 'error',
        text: `Application partition ${partition.label} starts at ${hex(partition.offset)}, not on a 64 KiB border.`,
      });
    if (partition.size === 0)
      problems.push({ severity: 'warning', text: `Partition ${partition.label} has no size.` });
  }
  const sorted = [...partitions].sort((a, b) => a.offset - b.offset);
  for (const [index, partition] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before != null && before.offset + before.size > partition.offset)
      problems.push({
        severity: 'error',
        text: `Partitions ${before.label} and ${partition.label} overlap at ${hex(partition.offset)}.`,
      });
  }
  return problems;
}

export const isApp = (partition: Partition): boolean => partition.type === 0;
export const isOtaApp = (partition: Partition): boolean =>
  partition.type === 0 && partition.subtype >= 0x10 && partition.subtype <= 0x1f;
export const isFactoryApp = (partition: Partition): boolean =>
  partition.type === 0 && partition.subtype === 0;
export const isOtadata = (partition: Partition): boolean => partition.type === 1 && partition.subtype === 0;
export const isNvs = (partition: Partition): boolean => partition.type === 1 && partition.subtype === 2;

/** Applications that otadata can select, in the order of their numbers. */
export const otaPartitions = (table: PartitionTable): Partition[] =>
  table.partitions.filter(isOtaApp).sort((a, b) => a.subtype - b.subtype);

export const otadataPartition = (table: PartitionTable): Partition | undefined =>
  table.partitions.find(isOtadata);

/** End of the last partition, bytes: the flash must be at least this large. */
export const tableEnd = (table: PartitionTable): number =>
  table.partitions.reduce((end, partition) => Math.max(end, partition.offset + partition.size), 0);

const DATA_SUBTYPES: Readonly<Record<number, string>> = {
  0x00: 'otadata',
  0x01: 'phy',
  0x02: 'nvs',
  0x03: 'coredump',
  0x04: 'nvs keys',
  0x05: 'efuse',
  0x06: 'undefined',
  0x80: 'esphttpd',
  0x81: 'fat',
  0x82: 'spiffs',
  0x83: 'littlefs',
};

export function partitionKind(partition: Partition): string {
  if (isFactoryApp(partition)) return 'factory app';
  if (isOtaApp(partition)) return `app ota_${partition.subtype - 0x10}`;
  if (isApp(partition)) return partition.subtype === 0x20 ? 'test app' : `app ${hex(partition.subtype, 2)}`;
  if (partition.type === 1) return DATA_SUBTYPES[partition.subtype] ?? `data ${hex(partition.subtype, 2)}`;
  return `vendor ${hex(partition.type, 2)}/${hex(partition.subtype, 2)}`;
}

/** `nvs (nvs) 0x9000, 20 KiB`. */
export const partitionText = (partition: Partition): string =>
  `${partition.label} (${partitionKind(partition)}) ${hex(partition.offset)}, ${sizeText(partition.size)}`;
