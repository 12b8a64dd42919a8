import { Random } from '../../esp/images/random.ts';

export const RAM_BASE = 0x8000_0000;
const PAGE_BYTES = 1 << 20;
const MIB = 1 << 20;
/** The same memory past the cache. */
const UNCACHED_BASE = 0xa000_0000;

/** What U-Boot does when it touches what is no memory, or itself: nothing more is heard. */
export class MachineHangs extends Error {}

/** RAM of the camera: made when it is touched, and then it holds whatever power-up left there. */
export class Ram {
  private readonly pages = new Map<number, Uint8Array>();
  private readonly sizeBytes: number;
  private readonly seed: number;

  constructor(sizeMiB: number, seed: number) {
    this.sizeBytes = sizeMiB * MIB;
    this.seed = seed;
  }

  /** A copy. */
  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const { page, from, at, count } of this.stretches(address, length))
      bytes.set(page.subarray(from, from + count), at);
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    for (const { page, from, at, count } of this.stretches(address, bytes.length))
      page.set(bytes.subarray(at, at + count), from);
  }

  fill(address: number, value: number, length: number): void {
    for (const { page, from, count } of this.stretches(address, length)) page.fill(value, from, from + count);
  }

  private *stretches(address: number, length: number) {
    const base = address >= UNCACHED_BASE ? UNCACHED_BASE : RAM_BASE;
    const start = address - base;
    if (start < 0 || start + length > this.sizeBytes) throw new MachineHangs();
    for (let at = 0; at < length;) {
      const index = Math.floor((start + at) / PAGE_BYTES);
      const from = (start + at) % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - from, length - at);
      let page = this.pages.get(index);
      if (page == null) {
        page = new Uint8Array(PAGE_BYTES);
        // A pattern of its own in each page is enough: what counts is that it is not what anybody wrote.
        page.set(new Random(this.seed + index).bytes(4096));
        for (let copied = 4096; copied < PAGE_BYTES; copied *= 2) page.copyWithin(copied, 0, copied);
        this.pages.set(index, page);
      }
      yield { page, from, at, count };
      at += count;
    }
  }
}
