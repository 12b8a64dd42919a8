import { fieldText, u16, u32, u8 } from './bytes.ts';
import { espCrc32 } from './esp-crc.ts';

const ENTRY_BYTES = 32;
const FIRST_ENTRY = 64;
const ENTRIES = 126;
/** States of the page's bitmap, two bits an entry, low bits first; 3 is empty. */
const WRITTEN = 2;
const ERASED = 0;

export const NVS_TYPES = {
  u8: 0x01,
  string: 0x21,
  blobV1: 0x41,
  blobData: 0x42,
  blobIndex: 0x48,
} as const;

/** One entry as it stands on a page, checked by its own CRC. */
export interface NvsEntry {
  readonly namespaceIndex: number;
  readonly type: number;
  readonly chunk: number;
  readonly key: string;
  /** The 8 data bytes of the entry. */
  readonly data: Uint8Array;
  /** Content of strings and blobs (of one chunk of a blob). */
  readonly content: Uint8Array | undefined;
  /** False when the content does not fit its CRC. */
  readonly intact: boolean;
  /** False for erased entries: their bytes stay readable until the page is erased. */
  readonly live: boolean;
}

/** Header CRC over bytes 4 to 27. */
export const isNvsPage = (page: Uint8Array): boolean =>
  page.length >= FIRST_ENTRY && u32(page, 28) === espCrc32(page.subarray(4, 28));

/** Adds the page's entries; returns how many its bitmap calls written. */
export function readPage(page: Uint8Array, entries: NvsEntry[]): number {
  let marked = 0;
  for (let index = 0; index < ENTRIES;) {
    const state = (u8(page, 32 + (index >> 2)) >> ((index & 3) * 2)) & 3;
    const entry =
      state === WRITTEN || state === ERASED ? readEntry(page, index, state === WRITTEN) : undefined;
    if (state === WRITTEN) marked++;
    if (entry != null) entries.push(entry.entry);
    index += entry?.span ?? 1;
  }
  return marked;
}

function readEntry(
  page: Uint8Array,
  index: number,
  live: boolean,
): { readonly entry: NvsEntry; readonly span: number } | undefined {
  const start = FIRST_ENTRY + index * ENTRY_BYTES;
  const raw = page.subarray(start, start + ENTRY_BYTES);
  if (u32(raw, 4) !== espCrc32(raw.subarray(8), espCrc32(raw.subarray(0, 4)))) return undefined;
  const type = u8(raw, 1);
  const data = raw.subarray(24, 32);
  const common = {
    namespaceIndex: u8(raw, 0),
    type,
    chunk: u8(raw, 3),
    key: fieldText(raw.subarray(8, 24)),
    data,
    live,
  };
  const span = Math.max(1, u8(raw, 2));
  const isVariable = type === NVS_TYPES.string || type === NVS_TYPES.blobV1 || type === NVS_TYPES.blobData;
  if (!isVariable) return { entry: { ...common, content: undefined, intact: true }, span: 1 };
  const content = page.subarray(start + ENTRY_BYTES, start + ENTRY_BYTES + u16(data, 0));
  const fits = content.length === u16(data, 0) && span === 1 + Math.ceil(content.length / ENTRY_BYTES);
  return {
    entry: { ...common, content, intact: fits && u32(data, 4) === espCrc32(content) },
    span: fits ? span : 1,
  };
}
