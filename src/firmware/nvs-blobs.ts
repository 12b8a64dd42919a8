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

const nameOf = (entry: NvsEntry): string => `${entry.namespaceIndex}/${entry.key}`;

/**
 * Puts blobs of format v2 together: an index entry names size, number of chunks and the first chunk's number.
 * Chunks that no live index claims (erased blobs, a lost index) come out one by one: their bytes are as readable.
 */
export function assembleBlobs(entries: readonly NvsEntry[]): NvsBlob[] {
  const chunksOf = new Map<string, Map<number, NvsEntry>>();
  for (const entry of entries) {
    if (entry.type !== NVS_TYPES.blobData || !entry.live) continue;
    const chunks = chunksOf.get(nameOf(entry)) ?? new Map<number, NvsEntry>();
    chunksOf.set(nameOf(entry), chunks.set(entry.chunk, entry));
  }
  // Of several live indexes of one blob the last written counts.
  const indexes = new Map<string, NvsEntry>();
  for (const entry of entries)
    if (entry.type === NVS_TYPES.blobIndex && entry.live) indexes.set(nameOf(entry), entry);

  const claimed = new Set<NvsEntry>();
  const blobs: NvsBlob[] = [];
  for (const [name, index] of indexes) {
    const chunks = chunksOf.get(name) ?? new Map<number, NvsEntry>();
    const first = u8(index.data, 5);
    const count = u8(index.data, 4);
    const found = Array.from({ length: count }, (_, n) => chunks.get((first + n) & 0xff)).filter(
      (chunk) => chunk != null,
    );
    for (const chunk of found) claimed.add(chunk);
    const value = concatUint8Arrays(found.map((chunk) => chunk.content ?? new Uint8Array()));
    const intact =
      found.length === count && value.length === u32(index.data, 0) && found.every((chunk) => chunk.intact);
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
