/** Words of efuse block 0 (7) and blocks 1 to 3 (8 each) as the read registers lie one after another. */
const BLOCK0_WORDS = 14;
const ALL_WORDS = BLOCK0_WORDS + 3 * 8;

export interface Esp32EfuseOptions {
  readonly mac: Uint8Array;
  /** The maker of the lamp burned a CRC that does not fit the MAC. */
  readonly macCrcValid: boolean;
  readonly revision: 1 | 3;
  readonly flashEncrypted: boolean;
  readonly secureBoot: boolean;
}

/** Efuse of a single-core S0WD rated for 160 MHz, as the read registers show it. `ck8m` goes into word 4. */
export function esp32Efuse(options: Esp32EfuseOptions, ck8m: number): readonly number[] {
  const words = new Array<number>(ALL_WORDS).fill(0);
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0] = options.mac;
  const crc = macCrc(options.mac) ^ (options.macCrcValid ? 0 : 0x5a);
  words[1] = ((m2 << 24) | (m3 << 16) | (m4 << 8) | m5) >>> 0;
  words[2] = (crc << 16) | (m0 << 8) | m1;
  const singleCore = 1;
  const packageS0wd = 1 << 9;
  const rated160MHz = (1 << 13) | (1 << 12);
  const revisionBit0 = 1 << 15;
  words[3] = singleCore | packageS0wd | rated160MHz | revisionBit0;
  words[4] = ck8m | (0x0d << 8);
  words[5] = options.revision === 3 ? 1 << 20 : 0;
  if (options.flashEncrypted) {
    words[0]! |= (1 << 20) | (1 << 16) | (1 << 7);
    words[5] = (words[5] | 0xf000_0000) >>> 0;
  }
  if (options.secureBoot) {
    words[0]! |= 1 << 17;
    words[6]! |= options.revision === 3 ? 1 << 5 : 1 << 4;
  }
  return words;
}

/** CRC-8, polynomial 0x8C reflected, over the six bytes as printed (reference section 8). */
export function macCrc(mac: Uint8Array): number {
  let crc = 0;
  for (const byte of mac) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8c : crc >>> 1;
  }
  return crc;
}
