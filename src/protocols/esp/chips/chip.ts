import type { EspChip, EspIdentity, SecurityState } from '../types.ts';

/** SPI controller through which the flash chip is asked for its id (reference section 9). */
export interface SpiRegisters {
  readonly base: number;
  readonly usr: number;
  readonly usr1: number;
  readonly usr2: number;
  /** Undefined where the lengths sit in USR1 (ESP8266). */
  readonly misoLength: number | undefined;
  readonly w0: number;
}

/** Program text and data of a stub loader. */
export interface StubImage {
  readonly text: Uint8Array;
  readonly textStart: number;
  readonly data: Uint8Array;
  readonly dataStart: number;
  readonly entry: number;
}

/** What the ROM of a chip can do without a stub. */
export interface RomAbilities {
  readonly changesBaud: boolean;
  readonly compressedWrites: boolean;
  readonly md5: boolean;
  /** READ_FLASH_SLOW. */
  readonly reads: boolean;
  /** SPI_ATTACH and SPI_SET_PARAMS; the ESP8266 attaches by an empty FLASH_BEGIN. */
  readonly attaches: boolean;
  /** FLASH_BEGIN takes a fifth word (encrypted or not); older ROMs fail on it. */
  readonly beginWantsEncryptedWord: boolean;
  readonly securityInfo: boolean;
  /**
   * A data block with a wrong checksum uses up its sequence number (seen: ESP32 rev 3). Where nobody has looked, the
   * region starts again: a ROM that places blocks by number would put the next one in the wrong place.
   */
  readonly countsDamagedBlocks: boolean;
}

export interface DecodeContext {
  /** Who answered READ_REG: a stub runs its UART from another clock. */
  readonly mode: 'rom' | 'stub';
  readonly baudRate: number;
}

/** Everything that differs between chips: one table entry each. */
export interface ChipSpec {
  readonly name: EspChip;
  /** Word at 0x40001000 in the ROM. */
  readonly magics: readonly number[];
  /** In GET_SECURITY_INFO and in image headers; undefined for ESP8266. */
  readonly chipId: number | undefined;
  /** Where the ROM looks for the bootloader (ESP8266: for the image). */
  readonly bootloaderOffset: number;
  readonly spi: SpiRegisters;
  readonly rom: RomAbilities;
  /** Highest rate worth trying with a stub. */
  readonly maxBaudRate: number;
  readonly loadStub: () => Promise<StubImage>;
  /** Registers that `decodeIdentity` wants. */
  readonly identityRegisters: readonly number[];
  decodeIdentity(read: (address: number) => number, context: DecodeContext): EspIdentity;
  /** Registers that `decodeSecurity` wants; empty where GET_SECURITY_INFO tells, or there is nothing to tell. */
  readonly securityRegisters: readonly number[];
  decodeSecurity(read: (address: number) => number, identity: EspIdentity): SecurityState;
  /** Pads of in-package flash for SPI_ATTACH to the ROM; 0 is the default. */
  readonly spiPads?: {
    readonly registers: readonly number[];
    decode(read: (address: number) => number): number;
  };
  /** The ROM derives its baud rate from a clock it measured badly: the rate to ask for instead. */
  readonly baudCompensation?: {
    readonly registers: readonly number[];
    decode(read: (address: number) => number, baudRate: number): number;
  };
}

export const NO_SECURITY: SecurityState = {
  secureBoot: 'none',
  flashEncryption: false,
  secureDownload: false,
  downloadEncryptDisabled: false,
};

/** CRC-8, polynomial 0x8C reflected, start 0: how efuses guard a MAC. */
export function macCrc8(mac: Uint8Array): number {
  let crc = 0;
  for (const byte of mac) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8c : crc >>> 1;
  }
  return crc;
}

/** MAC from two efuse words: the low 16 bits of `high`, then `low`, big-endian. */
export const macOfWords = (high: number, low: number): Uint8Array =>
  Uint8Array.of(high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low);

/** 26 or 40 MHz, whichever is nearer; undefined when it can be neither. */
export function nearestCrystal(mhz: number): 26 | 40 | undefined {
  if (mhz < 20 || mhz > 46) return undefined;
  return mhz > 33 ? 40 : 26;
}

export const isOddParity = (bits: number): boolean => {
  let ones = 0;
  for (let rest = bits >>> 0; rest !== 0; rest >>>= 1) ones += rest & 1;
  return ones % 2 === 1;
};
