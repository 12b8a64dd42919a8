import type { NorFlash } from '../../flash-chip/nor-flash.ts';

export const FLASH_COMMAND = { writeStatus: 0x01, read: 0x03, readStatus: 0x05, release: 0xab } as const;
/** Opcodes that an address of three bytes follows. */
const WITH_ADDRESS: ReadonlySet<number> = new Set([0x02, 0x03, 0x0b, 0x20, 0x52, 0x5a, 0xd8]);
/** Bytes to be clocked between opcode (and address) and the answer. */
const DUMMY_BYTES: Readonly<Record<number, number>> = { 0x0b: 1, 0x5a: 1, 0x4b: 4, 0x90: 3, 0xab: 3 };
/** Opcodes that answer, and are done while bytes are clocked. */
const ANSWERING: ReadonlySet<number> = new Set([0x03, 0x0b, 0x05, 0x15, 0x35, 0x4b, 0x5a, 0x90, 0x9f]);
/** Sector, half block, block, and the whole chip. */
const ERASED_BYTES: Readonly<Record<number, number>> = {
  0x20: 0x1000,
  0x52: 0x8000,
  0xd8: 0x1_0000,
  0x60: Infinity,
  0xc7: Infinity,
};
/** MISO while the flash has nothing to say; section 5 of the reference: a status read without a further byte shows 0. */
const UNDRIVEN = 0x00;
const ADDRESS_BYTES = 3;

/**
 * SPI master (0x0C data, 0x0D control) and the flash behind it, a byte at a time. A command that changes something is
 * done when chip select rises, as in a real chip; what answers does so byte by byte.
 */
export class FlashBus {
  private readonly flash: NorFlash;
  private readonly observe: (opcode: number, address: number, data: Uint8Array) => void;
  private selected = false;
  private autoRead = false;
  private sent: number[] = [];
  private shiftedIn = UNDRIVEN;

  /** `observe` is told of each command that was complete, after it was done; for a read, of where it began. */
  constructor(flash: NorFlash, observe: (opcode: number, address: number, data: Uint8Array) => void) {
    this.flash = flash;
    this.observe = observe;
  }

  reset(): void {
    this.selected = this.autoRead = false;
    this.sent = [];
    this.shiftedIn = UNDRIVEN;
  }

  /** 0x0D: bit 0 raises chip select, bit 3 makes each read of 0x0C clock the next byte. */
  control(value: number): void {
    this.autoRead = (value & 0x08) !== 0;
    const selected = (value & 0x01) === 0;
    if (selected && !this.selected) this.sent = [];
    if (!selected && this.selected) this.commit();
    this.selected = selected;
  }

  get controlValue(): number {
    return (this.selected ? 0 : 1) | (this.autoRead ? 0x0a : 0);
  }

  /** 0x0C written. */
  write(value: number): void {
    this.shiftedIn = this.exchange(value);
  }

  /** 0x0C read: what was shifted in last. */
  read(): number {
    const value = this.shiftedIn;
    if (this.autoRead) this.shiftedIn = this.exchange(0);
    return value;
  }

  private exchange(value: number): number {
    if (!this.selected) return UNDRIVEN;
    this.sent.push(value);
    const opcode = this.sent[0]!;
    const at = this.sent.length - 1 - headBytes(opcode);
    if (at < 0 || !(ANSWERING.has(opcode) || opcode === FLASH_COMMAND.release)) return UNDRIVEN;
    return this.answer(opcode, at);
  }

  private answer(opcode: number, at: number): number {
    const { flash } = this;
    // The status is that of the moment; a read goes on from where it is.
    if (opcode === FLASH_COMMAND.readStatus) return flash.command(opcode, 0, NOTHING, 1)[0]!;
    if (opcode === FLASH_COMMAND.read || opcode === 0x0b)
      return flash.command(opcode, this.address + at, NOTHING, 1)[0]!;
    return flash.command(opcode, this.address, NOTHING, at + 1)[at]!;
  }

  private get address(): number {
    const [opcode, high = 0, middle = 0, low = 0] = this.sent;
    return WITH_ADDRESS.has(opcode ?? 0) ? (high << 16) | (middle << 8) | low : 0;
  }

  private commit(): void {
    const [opcode] = this.sent;
    if (opcode == null) return;
    const { address } = this;
    const data = Uint8Array.from(this.sent.slice(headBytes(opcode)));
    // Half an address is no command.
    const complete = !WITH_ADDRESS.has(opcode) || this.sent.length > ADDRESS_BYTES;
    this.sent = [];
    if (!complete) return;
    if (!ANSWERING.has(opcode)) this.flash.command(opcode, address, data, 0);
    this.observe(opcode, address, data);
  }
}

const NOTHING = new Uint8Array(0);

/** Opcode, address and dummy bytes in front of data or answer. */
function headBytes(opcode: number): number {
  return 1 + (WITH_ADDRESS.has(opcode) ? ADDRESS_BYTES : 0) + (DUMMY_BYTES[opcode] ?? 0);
}

/** An erase that takes the first sector with it. */
export function erasesFirstSector(opcode: number, address: number): boolean {
  return address < (ERASED_BYTES[opcode] ?? 0);
}
