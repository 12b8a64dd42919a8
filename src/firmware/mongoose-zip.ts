import { fieldText, hex, latin1, u16, u32 } from './bytes.ts';
import { crc32 } from './esp-crc.ts';
import type { MongooseMessage } from './mongoose-messages.ts';

const LOCAL = 0x0403_4b50;
const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
/** General-purpose bit 3: sizes follow the data. Bit 0: encrypted. */
const SIZES_AFTERWARDS = 0x0008;
const ENCRYPTED = 0x0001;
const MAX_NAME = 50;
/** Real archives have five to seven. */
const MAX_ENTRIES = 1000;

/** One refusal: what the unit would answer, and why in the operator's words. */
export interface ArchiveFault {
  readonly message: MongooseMessage;
  readonly text: string;
}

export interface ArchiveEntry {
  /** Without the folder the archive may have around everything. */
  readonly name: string;
  /** Of its local header in the archive. */
  readonly headerOffset: number;
  readonly dataOffset: number;
  /** A view into the archive. */
  readonly bytes: Uint8Array;
  /** Of its header in the central directory. */
  readonly centralOffset?: number;
}

export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  readonly faults: readonly ArchiveFault[];
}

/** Where the CRC-32 stands in a local header and in one of the central directory. */
export const LOCAL_CRC_OFFSET = 14;
export const CENTRAL_CRC_OFFSET = 16;

/**
 * Reads the archive as the updater of Mongoose OS does: as a stream of local headers, each followed by its data, until
 * the central directory. What that reader cannot take is a fault, though other zip programs would open the file; so is
 * a central directory that is cut or tells something else, because then the file is not what was published.
 */
export function readMongooseZip(bytes: Uint8Array): Archive {
  const entries: ArchiveEntry[] = [];
  const faults: ArchiveFault[] = [];
  let at = 0;
  while (u32(bytes, at) === LOCAL) {
    const read = readEntry(bytes, at);
    if ('fault' in read) return { entries, faults: [...faults, read.fault] };
    entries.push(read.entry);
    if (crc32(read.entry.bytes) !== u32(bytes, at + LOCAL_CRC_OFFSET))
      faults.push({
        message: 'Invalid CRC',
        text: `The entry ${read.entry.name} does not fit its CRC-32: the archive is damaged.`,
      });
    if (entries.length > MAX_ENTRIES)
      return { entries, faults: [...faults, malformed(`It has more than ${MAX_ENTRIES} entries.`)] };
    at = read.entry.dataOffset + read.entry.bytes.length;
  }
  if (at + 4 > bytes.length) return { entries, faults: [...faults, cutShort(bytes)] };
  const directory = readDirectory(bytes, at, entries);
  return { entries: directory.entries, faults: [...faults, ...directory.faults] };
}

function readEntry(
  bytes: Uint8Array,
  at: number,
): { readonly entry: ArchiveEntry } | { readonly fault: ArchiveFault } {
  if (at + LOCAL_BYTES > bytes.length) return { fault: cutShort(bytes) };
  const flags = u16(bytes, at + 6);
  const packedBytes = u32(bytes, at + 18);
  const nameBytes = u16(bytes, at + 26);
  const dataOffset = at + LOCAL_BYTES + nameBytes + u16(bytes, at + 28);
  if (dataOffset > bytes.length) return { fault: cutShort(bytes) };
  const name = withoutFolder(fieldText(bytes.subarray(at + LOCAL_BYTES, at + LOCAL_BYTES + nameBytes)));
  if (name.length >= MAX_NAME)
    return {
      fault: {
        message: 'Too long file name',
        text: `The name ${name.slice(0, MAX_NAME)}… has ${name.length} characters; Mongoose OS takes fewer than ${MAX_NAME}.`,
      },
    };
  if ((flags & SIZES_AFTERWARDS) !== 0)
    return {
      fault: {
        message: 'Archived file size is unknown',
        text: `The entry ${name} says its size only behind its data; the archive must be made without data descriptors.`,
      },
    };
  if (u16(bytes, at + 8) !== 0 || (flags & ENCRYPTED) !== 0)
    return {
      fault: {
        message: 'Cannot handle compressed .zip',
        text: `The entry ${name} is compressed or encrypted; Mongoose OS takes only stored entries (zip -0).`,
      },
    };
  if (packedBytes !== u32(bytes, at + 22)) return { fault: malformed(`The entry ${name} has two sizes.`) };
  if (dataOffset + packedBytes > bytes.length) return { fault: cutShort(bytes) };
  return {
    entry: {
      name,
      headerOffset: at,
      dataOffset,
      bytes: bytes.subarray(dataOffset, dataOffset + packedBytes),
    },
  };
}

const withoutFolder = (path: string): string => path.slice(path.indexOf('/') + 1);

const malformed = (what: string): ArchiveFault => ({
  message: 'Malformed archive (invalid file header)',
  text: `The archive is malformed: ${what}`,
});

const cutShort = (bytes: Uint8Array): ArchiveFault => ({
  message: 'Incomplete update package',
  text: `The archive is cut short: it ends at ${hex(bytes.length)}, in the middle of an entry or before its directory.`,
});

function readDirectory(bytes: Uint8Array, start: number, entries: readonly ArchiveEntry[]): Archive {
  const found: ArchiveEntry[] = [];
  let at = start;
  for (const entry of entries) {
    if (at + CENTRAL_BYTES > bytes.length) return { entries, faults: [cutShort(bytes)] };
    if (u32(bytes, at) !== CENTRAL) return { entries, faults: [malformed(`${hex(at)} holds no header.`)] };
    if (!agrees(bytes, at, entry))
      return { entries, faults: [malformed(`its directory tells something else of ${entry.name}.`)] };
    found.push({ ...entry, centralOffset: at });
    at += CENTRAL_BYTES + u16(bytes, at + 28) + u16(bytes, at + 30) + u16(bytes, at + 32);
  }
  if (at + END_BYTES > bytes.length) return { entries, faults: [cutShort(bytes)] };
  const isWhole =
    u32(bytes, at) === END &&
    u16(bytes, at + 10) === entries.length &&
    u32(bytes, at + 16) === start &&
    at + END_BYTES + u16(bytes, at + 20) === bytes.length;
  return {
    entries: found,
    faults: isWhole ? [] : [malformed('its end is missing, or something follows it.')],
  };
}

function agrees(bytes: Uint8Array, at: number, entry: ArchiveEntry): boolean {
  const nameBytes = u16(bytes, at + 28);
  const local = entry.headerOffset;
  const nameAt = at + CENTRAL_BYTES;
  return (
    u32(bytes, at + 42) === local &&
    u32(bytes, at + CENTRAL_CRC_OFFSET) === u32(bytes, local + LOCAL_CRC_OFFSET) &&
    u32(bytes, at + 20) === entry.bytes.length &&
    u32(bytes, at + 24) === entry.bytes.length &&
    nameBytes === u16(bytes, local + 26) &&
    latin1(bytes.subarray(nameAt, nameAt + nameBytes)) ===
      latin1(bytes.subarray(local + LOCAL_BYTES, local + LOCAL_BYTES + nameBytes))
  );
}
