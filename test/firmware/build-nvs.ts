import { concatUint8Arrays } from 'uint8array-extras';
import { filled, oddCrc, text, u32le } from './build-images.ts';

/** Writes NVS pages for tests, entry by entry, after the format reference; shares nothing with the parser. */
export class NvsBuilder {
  private readonly page = filled(0x1000, 0xff);
  private next = 0;

  constructor(seq = 0, version = 0xfe) {
    this.page.set(u32le(0xffff_fffe), 0);
    this.page.set(u32le(seq), 4);
    this.page[8] = version;
    this.page.set(u32le(oddCrc(this.page.subarray(4, 28))), 28);
  }

  namespace(index: number, name: string, live = true): this {
    return this.entry(0, 0x01, name, Uint8Array.of(index, ...filled(7, 0xff)), undefined, { live });
  }

  number(ns: number, key: string, value: number, live = true): this {
    return this.entry(ns, 0x04, key, concatUint8Arrays([u32le(value), filled(4, 0xff)]), undefined, { live });
  }

  string(ns: number, key: string, value: string, live = true): this {
    return this.variable(ns, 0x21, key, text(`${value}\0`), { live });
  }

  /** Format v1: one entry holds the whole blob. */
  blobV1(ns: number, key: string, value: Uint8Array, live = true): this {
    return this.variable(ns, 0x41, key, value, { live });
  }

  /** Format v2: chunks, then the index. */
  blob(ns: number, key: string, value: Uint8Array, { live = true, chunkBytes = 4000 } = {}): this {
    const count = Math.max(1, Math.ceil(value.length / chunkBytes));
    for (let chunk = 0; chunk < count; chunk++)
      this.chunk(ns, key, chunk, value.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes), live);
    return this.index(ns, key, value.length, count, live);
  }

  chunk(ns: number, key: string, chunk: number, value: Uint8Array, live = true): this {
    return this.variable(ns, 0x42, key, value, { live, chunk });
  }

  index(ns: number, key: string, sizeBytes: number, count: number, live = true): this {
    const data = concatUint8Arrays([u32le(sizeBytes), Uint8Array.of(count, 0, 0xff, 0xff)]);
    return this.entry(ns, 0x48, key, data, undefined, { live });
  }

  build(): Uint8Array {
    return this.page.slice();
  }

  private variable(
    ns: number,
    type: number,
    key: string,
    content: Uint8Array,
    options: { live: boolean; chunk?: number },
  ): this {
    const data = concatUint8Arrays([
      Uint8Array.of(content.length & 0xff, content.length >> 8, 0xff, 0xff),
      u32le(oddCrc(content)),
    ]);
    return this.entry(ns, type, key, data, content, options);
  }

  private entry(
    ns: number,
    type: number,
    key: string,
    data: Uint8Array,
    content: Uint8Array | undefined,
    { live, chunk = 0xff }: { live: boolean; chunk?: number },
  ): this {
    const span = 1 + Math.ceil((content?.length ?? 0) / 32);
    const entry = concatUint8Arrays([Uint8Array.of(ns, type, span, chunk), u32le(0), text(key, 16), data]);
    const covered = concatUint8Arrays([entry.subarray(0, 4), entry.subarray(8)]);
    entry.set(u32le(oddCrc(covered)), 4);
    this.page.set(entry, 64 + this.next * 32);
    if (content != null) this.page.set(content, 64 + (this.next + 1) * 32);
    for (let slot = this.next; slot < this.next + span; slot++) this.mark(slot, live ? 2 : 0);
    this.next += span;
    return this;
  }

  private mark(slot: number, state: number): void {
    const at = 32 + (slot >> 2);
    const shift = (slot & 3) * 2;
    this.page[at] = ((this.page[at] ?? 0xff) & ~(3 << shift)) | (state << shift);
  }
}

/** The Wi-Fi driver's own storage: length and 32 bytes of name; 65 bytes of password. */
export const wifiSsidBlob = (ssid: string): Uint8Array =>
  concatUint8Arrays([u32le(ssid.length), text(ssid, 32)]);
export const wifiPasswordBlob = (password: string): Uint8Array => text(password, 65);
