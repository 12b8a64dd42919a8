import { isFilled, u8 } from './bytes.ts';
import { assembleBlobs } from './nvs-blobs.ts';
import { isNvsPage, NVS_TYPES, readPage, type NvsEntry } from './nvs-entry.ts';

/** Pages of 4096: header 32, bitmap 32, 126 entries of 32 bytes (esp-rom-loader reference, section 15). */
export const NVS_PAGE_BYTES = 0x1000;
/** A value with its namespace resolved and its chunks put together. */
export interface NvsItem {
  /** Undefined when its namespace entry is gone. */
  readonly namespace: string | undefined;
  readonly key: string;
  readonly type: 'number' | 'string' | 'blob';
  /** 8 bytes for numbers; strings without their NUL. */
  readonly value: Uint8Array;
  readonly intact: boolean;
  readonly live: boolean;
}

/** Real ones have 12 KiB to some 100 KiB; more than this is not read. Bytes. */
export const NVS_MAX_BYTES = 0x10_0000;

export interface NvsContents {
  /** `blank`: only 0xFF. `unreadable`: pages with entries of which none fits its CRC, as encrypted NVS has. */
  readonly state: 'blank' | 'read' | 'unreadable' | 'not nvs';
  readonly items: readonly NvsItem[];
  readonly pages: number;
  /** True when there was more than NVS_MAX_BYTES. */
  readonly partial: boolean;
}

/** Reads every page, live and erased entries alike. Damaged pages and entries are passed over. */
export function parseNvs(bytes: Uint8Array): NvsContents {
  const entries: NvsEntry[] = [];
  let pages = 0;
  let marked = 0;
  let filled = false;
  const limit = Math.min(bytes.length, NVS_MAX_BYTES);
  for (let start = 0; start + NVS_PAGE_BYTES <= limit; start += NVS_PAGE_BYTES) {
    const page = bytes.subarray(start, start + NVS_PAGE_BYTES);
    if (isFilled(page, 0xff)) continue;
    filled = true;
    if (!isNvsPage(page)) continue;
    pages++;
    marked += readPage(page, entries);
  }
  const state = !filled
    ? 'blank'
    : pages === 0
      ? 'not nvs'
      : entries.length === 0 && marked > 0
        ? 'unreadable'
        : 'read';
  return { state, items: resolve(entries), pages, partial: bytes.length > NVS_MAX_BYTES };
}

function resolve(entries: readonly NvsEntry[]): NvsItem[] {
  const names = new Map<number, string>();
  // Live names win over erased ones, whatever their order on the pages.
  for (const live of [false, true])
    for (const entry of entries)
      if (entry.namespaceIndex === 0 && entry.type === NVS_TYPES.u8 && entry.live === live)
        names.set(u8(entry.data, 0), entry.key);

  const blobs = assembleBlobs(entries.filter((entry) => entry.namespaceIndex !== 0));
  const others = entries.filter(
    ({ namespaceIndex, type }) =>
      namespaceIndex !== 0 && type !== NVS_TYPES.blobData && type !== NVS_TYPES.blobIndex,
  );
  return [
    ...others.map((entry) => toItem(entry, names)),
    ...blobs.map(({ namespaceIndex, key, value, intact, live }) => ({
      namespace: names.get(namespaceIndex),
      key,
      type: 'blob' as const,
      value,
      intact,
      live,
    })),
  ];
}

function toItem(entry: NvsEntry, names: ReadonlyMap<number, string>): NvsItem {
  const { key, content, data, intact, live } = entry;
  const namespace = names.get(entry.namespaceIndex);
  if (content == null) return { namespace, key, type: 'number', value: data, intact, live };
  if (entry.type !== NVS_TYPES.string) return { namespace, key, type: 'blob', value: content, intact, live };
  const end = content.indexOf(0);
  return {
    namespace,
    key,
    type: 'string',
    value: end < 0 ? content : content.subarray(0, end),
    intact,
    live,
  };
}
