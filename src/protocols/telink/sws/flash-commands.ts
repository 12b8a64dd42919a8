import { encodeWrite, type SwsEncoding } from './codec.ts';
import { FIFO_OFF, FIFO_ON, FLASH_AUTO_READ, FLASH_DESELECT, FLASH_SELECT, REGISTER } from './registers.ts';

/** One SWS write. */
export interface SwsWrite {
  readonly address: number;
  readonly data: readonly number[] | Uint8Array;
}

export const PAGE_BYTES = 256;
export const SECTOR_BYTES = 4096;

export const FLASH_OP = {
  writeStatus: 0x01,
  pageProgram: 0x02,
  read: 0x03,
  readStatus: 0x05,
  writeEnable: 0x06,
  sectorErase: 0x20,
  chipErase: 0x60,
  jedecId: 0x9f,
  wake: 0xab,
} as const;

/** Status register: erase, program or status write under way. */
export const STATUS_BUSY = 0x01;
/** Block-protect bits BP0 to BP4: with any of them set, erase and program are ignored without a word. */
export const STATUS_PROTECTED = 0x7c;

const write = (address: number, ...data: readonly number[]): SwsWrite => ({ address, data });
const data = (...bytes: readonly number[]): SwsWrite => write(REGISTER.flashData, ...bytes);
/** Last byte of a command: the second byte lands in the control register and raises chip select. */
const last = (byte: number): SwsWrite => data(byte, FLASH_DESELECT);
const address = (offset: number): number[] => [(offset >>> 16) & 0xff, (offset >>> 8) & 0xff, offset & 0xff];

export const select = write(REGISTER.flashControl, FLASH_SELECT);
export const deselect = write(REGISTER.flashControl, FLASH_DESELECT);
export const autoRead = write(REGISTER.flashControl, FLASH_AUTO_READ);
export const fifoOn = write(REGISTER.swsMode, FIFO_ON);
export const fifoOff = write(REGISTER.swsMode, FIFO_OFF);

/** The sequences of the public page, byte for byte. They need FIFO mode off and leave it off. */
export const pageSequence = {
  writeEnable: [select, last(FLASH_OP.writeEnable)],
  wake: [select, last(FLASH_OP.wake)],
  get writeStatusZero(): SwsWrite[] {
    return [...this.writeEnable, select, data(FLASH_OP.writeStatus), last(0)];
  },
  get chipErase(): SwsWrite[] {
    return [...this.writeEnable, select, last(FLASH_OP.chipErase)];
  },
  sectorErase(offset: number): SwsWrite[] {
    const [high = 0, middle = 0, low = 0] = address(offset);
    return [...this.writeEnable, select, data(FLASH_OP.sectorErase), data(high), data(middle), last(low)];
  },
  pageProgram(offset: number, bytes: Uint8Array): SwsWrite[] {
    return [...this.writeEnable, select, fifoOn, programData(offset, bytes), fifoOff, deselect];
  },
} as const;

/**
 * The same commands with FIFO mode on from the first to the last page: a whole command is one write, and nothing is
 * spent on switching the mode, which pays for asking the flash whether it is ready.
 */
export const fifoSequence = {
  writeEnable: [select, data(FLASH_OP.writeEnable), deselect],
  get writeStatusZero(): SwsWrite[] {
    return [...this.writeEnable, select, data(FLASH_OP.writeStatus, 0), deselect];
  },
  get chipErase(): SwsWrite[] {
    return [...this.writeEnable, select, data(FLASH_OP.chipErase), deselect];
  },
  sectorErase(offset: number): SwsWrite[] {
    return [...this.writeEnable, select, data(FLASH_OP.sectorErase, ...address(offset)), deselect];
  },
  pageProgram(offset: number, bytes: Uint8Array): SwsWrite[] {
    return [...this.writeEnable, select, programData(offset, bytes), deselect];
  },
  /**
   * Leaves the first status byte in the data register. The extra 00 clocks it in: the public flasher reads without it
   * and so sees what was there before.
   */
  askStatus: [select, data(FLASH_OP.readStatus, 0)],
  /** Clocks the next status byte. */
  askStatusAgain: [data(0)],
  /** The id bytes then come one for each read of the data register. */
  askId: [select, data(FLASH_OP.jedecId, 0), autoRead],
  askData(offset: number): SwsWrite[] {
    return [select, data(FLASH_OP.read, ...address(offset), 0), autoRead];
  },
} as const;

function programData(offset: number, bytes: Uint8Array): SwsWrite {
  if (bytes.length === 0 || (offset % PAGE_BYTES) + bytes.length > PAGE_BYTES)
    throw new RangeError(`${bytes.length} bytes at ${offset} are not within one page`);
  return data(FLASH_OP.pageProgram, ...address(offset), ...bytes);
}

/** One stream of characters for all of them, without a gap. */
export const encodeWrites = (
  writes: readonly SwsWrite[],
  encoding: SwsEncoding = 'bit-per-character',
): Uint8Array =>
  concat(...writes.map((one) => encodeWrite(one.address, Uint8Array.from(one.data), encoding)));

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
