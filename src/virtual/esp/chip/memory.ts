import type { SpiController } from './spi-controller.ts';

const PAGE_BITS = 10;
const PAGE_WORDS = 1 << (PAGE_BITS - 2);

/** A register that computes its value, or that does something when written. */
export interface Register {
  read?(): number;
  write?(value: number): void;
}

export interface MemoryMap {
  readonly registers: ReadonlyMap<number, Register>;
  /** The controllers the flash hangs on. */
  readonly spi: readonly SpiController[];
  /** First and last address of the mask ROM. */
  readonly rom: readonly [number, number];
  /** Other name of an address, where a bus shows up twice. */
  alias?(address: number): number;
}

/** What the chip sees on its bus, word by word: registers, RAM that holds what was written, ROM. */
export class Memory {
  private readonly map: MemoryMap;
  private readonly pages = new Map<number, Uint32Array>();

  constructor(map: MemoryMap) {
    this.map = map;
  }

  /** Power has been away. */
  clear(): void {
    this.pages.clear();
  }

  read(address: number): number {
    const place = this.place(address);
    const register = this.map.registers.get(place);
    if (register?.read) return register.read() >>> 0;
    for (const spi of this.map.spi) if (spi.covers(place)) return spi.read(place);
    const [romStart, romEnd] = this.map.rom;
    if (place >= romStart && place <= romEnd) return romWord(place);
    return this.pages.get(place >>> PAGE_BITS)?.[(place >>> 2) % PAGE_WORDS] ?? 0;
  }

  write(address: number, value: number): void {
    const place = this.place(address);
    const register = this.map.registers.get(place);
    if (register) return register.write?.(value >>> 0);
    for (const spi of this.map.spi) if (spi.covers(place)) return spi.write(place, value);
    const [romStart, romEnd] = this.map.rom;
    if (place >= romStart && place <= romEnd) return;
    const key = place >>> PAGE_BITS;
    let page = this.pages.get(key);
    if (!page) this.pages.set(key, (page = new Uint32Array(PAGE_WORDS)));
    page[(place >>> 2) % PAGE_WORDS] = value;
  }

  /** Stores `bytes` from a word border; a last word that is not whole is filled with zeros. */
  store(address: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const word =
        bytes[at]! |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24);
      this.write(address + at, word >>> 0);
    }
  }

  private place(address: number): number {
    const aligned = (address & ~3) >>> 0;
    return this.map.alias?.(aligned) ?? aligned;
  }
}

/** Stands for the mask ROM, whose content is the maker's: the same word each time, and no code. */
function romWord(address: number): number {
  let word = Math.imul(address ^ 0x5bd1_e995, 0x2545_f491);
  word ^= word >>> 15;
  return Math.imul(word, 0x9e37_79b1) >>> 0;
}
