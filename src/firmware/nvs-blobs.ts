import { concatUint8Arrays } from 'uint8array-extras';
import { u32, u8 } from './bytes.ts';
import { NVS_TYPES, type NvsEntry } from './nvs-entry.ts';

export interface NvsBlob {
  readonly namespaceIndex: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly intact: boolean;
  readonly live: boolean;
}

const address = (entry: NvsEntry, chunk: number): string => `${entry.namespaceIndex}/${chunk}/${entry.key}`;

/**
 * Puts blobs of format v2 together: an index entry names size, number of chunks and the first chunk's number.
 * Chunks that no live index claims (erased blobs, a lost index) come out one by one: their bytes are as readable.
 */
export function assembleBlobs(entries: readonly NvsEntry[]): NvsBlob[] {
  const chunks = new Map<string, NvsEntry>();
  for (const entry of entries)
    if (entry.type === NVS_TYPES.blobData && entry.live) chunks.set(address(entry, entry.chunk), entry);

  const blobs: NvsBlob[] = [];
  const claimed = new Set<NvsEntry>();
  for (const index of entries) {
    if (index.type !== NVS_TYPES.blobIndex || !index.live) continue;
    const first = u8(index.data, 5);
    const wanted = Array.from({ length: u8(index.data, 4) }, (_, n) =>
      chunks.get(address(index, (first + n) & 0xff)),
    );
    const found = wanted.filter((chunk) => chunk != null && !claimed.has(chunk)) as NvsEntry[];
    for (const chunk of found) claimed.add(chunk);
    const value = concatUint8Arrays(found.map((chunk) => chunk.content ?? new Uint8Array()));
    const intact =
      found.length === wanted.length &&
      value.length === u32(index.data, 0) &&
      found.every((chunk) => chunk.intact);
    blobs.push({ namespaceIndex: index.namespaceIndex, key: index.key, value, intact, live: true });
  }
  for (const entry of entries)
    if (entry.type === NVS_TYPES.blobData && !claimed.has(entry) && entry.content != null)
      blobs.push({
        namespaceIndex: entry.namespaceIndex,
        key: entry.key,
        value: entry.content,
        intact: entry.intact,
        live: false,
      });
  return blobs;
}
