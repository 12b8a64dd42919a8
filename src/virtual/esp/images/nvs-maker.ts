import { joinBytes, latin1, putU32, words } from '../../bytes.ts';
import { idfCrc32 } from '../crc.ts';

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 32;
const BITMAP_AT = 32;
const ENTRIES_AT = 64;

const TYPE = { u8: 0x01, string: 0x21, blobData: 0x42, blobIndex: 0x48 } as const;

export type NvsValue = number | string | Uint8Array;

/** One page of a non-volatile-storage partition (format version 2), as ESP-IDF writes it. */
export class NvsPage {
  private readonly page = new Uint8Array(PAGE_BYTES).fill(0xff);
  private next = 0;
  private readonly namespaces = new Map<string, number>();

  constructor(sequence: number) {
    this.page.set(words(0xffff_fffe, sequence));
    this.page[8] = 0xfe;
    putU32(this.page, 28, idfCrc32(this.page.subarray(4, 28)));
  }

  /** Number: U8, text: string, bytes: blob. `erased`: overwritten since, but still there to read. */
  put(namespace: string, key: string, value: NvsValue, erased = false): void {
    const index = this.namespaceIndex(namespace);
    if (typeof value === 'number') this.entry(index, TYPE.u8, key, 0xff, u8Data(value), [], erased);
    else if (typeof value === 'string')
      this.variable(index, TYPE.string, key, 0xff, latin1(`${value}\0`), erased);
    else {
      this.variable(index, TYPE.blobData, key, 0, value, erased);
      const blobIndex = joinBytes(words(value.length), Uint8Array.of(1, 0, 0xff, 0xff));
      this.entry(index, TYPE.blobIndex, key, 0xff, blobIndex, [], erased);
    }
  }

  bytes(): Uint8Array {
    return this.page.slice();
  }

  private namespaceIndex(name: string): number {
    const known = this.namespaces.get(name);
    if (known != null) return known;
    const index = this.namespaces.size + 1;
    this.namespaces.set(name, index);
    this.entry(0, TYPE.u8, name, 0xff, u8Data(index), [], false);
    return index;
  }

  private variable(
    namespace: number,
    type: number,
    key: string,
    chunk: number,
    content: Uint8Array,
    erased: boolean,
  ): void {
    const slots: Uint8Array[] = [];
    for (let at = 0; at < content.length; at += ENTRY_BYTES) {
      const slot = new Uint8Array(ENTRY_BYTES).fill(0xff);
      slot.set(content.subarray(at, at + ENTRY_BYTES));
      slots.push(slot);
    }
    const size = Uint8Array.of(content.length, content.length >>> 8, 0xff, 0xff);
    const data = joinBytes(size, words(idfCrc32(content)));
    this.entry(namespace, type, key, chunk, data, slots, erased);
  }

  private entry(
    namespace: number,
    type: number,
    key: string,
    chunk: number,
    data: Uint8Array,
    slots: readonly Uint8Array[],
    erased: boolean,
  ): void {
    const entry = new Uint8Array(ENTRY_BYTES);
    entry.set([namespace, type, 1 + slots.length, chunk]);
    entry.set(latin1(key).subarray(0, 15), 8);
    entry.set(data, 24);
    putU32(entry, 4, idfCrc32(joinBytes(entry.subarray(0, 4), entry.subarray(8))));
    for (const piece of [entry, ...slots]) {
      this.page.set(piece, ENTRIES_AT + this.next * ENTRY_BYTES);
      this.mark(this.next, erased ? 0 : 2);
      this.next++;
    }
  }

  /** Two bits for each entry: 3 empty, 2 written, 0 erased. */
  private mark(entry: number, state: 0 | 2): void {
    const at = BITMAP_AT + Math.floor(entry / 4);
    const shift = (entry % 4) * 2;
    this.page[at] = (this.page[at]! & ~(3 << shift)) | (state << shift);
  }
}

function u8Data(value: number): Uint8Array {
  const data = new Uint8Array(8).fill(0xff);
  data[0] = value;
  return data;
}
