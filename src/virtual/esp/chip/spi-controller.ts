import { putU32, u32 } from '../../bytes.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';

const CMD = 0x00;
const ADDR = 0x04;
const STATUS = 0x10;
const USR = 0x1c;
const USR1 = 0x20;
const USR2 = 0x24;

/** Bits of USR. */
const USR_ADDRESS = 1 << 30;
const USR_MISO = 1 << 28;
const USR_MOSI = 1 << 27;
/** Bits of CMD: a command as laid out in USR, and the ones the controller knows itself. */
const CMD_USR = 1 << 18;
const CMD_SECTOR_ERASE = 1 << 24;
const CMD_BLOCK_ERASE = 1 << 23;
const CMD_CHIP_ERASE = 1 << 22;
const CMD_WRSR = 1 << 26;
const CMD_RDSR = 1 << 27;
const CMD_RDID = 1 << 28;
const CMD_WRDI = 1 << 29;
const CMD_WREN = 1 << 30;

/** Where a chip keeps lengths and data; `undefined` lengths lie in USR1 (ESP8266). */
export interface SpiLayout {
  readonly base: number;
  readonly mosiLength: number | undefined;
  readonly misoLength: number | undefined;
  readonly data: number;
}

const DATA_BYTES = 64;
const REGISTER_BYTES = 0x100;

/** The SPI controller of an ESP chip as far as a host drives it by register: commands run at once and are done. */
export class SpiController {
  readonly layout: SpiLayout;
  private readonly flash: NorFlash;
  private readonly registers = new Map<number, number>();

  constructor(layout: SpiLayout, flash: NorFlash) {
    this.layout = layout;
    this.flash = flash;
    this.reset();
  }

  /** What the boot ROM leaves behind. */
  reset(): void {
    this.registers.clear();
    this.registers.set(USR, 0x8000_0000);
    // 24 address bits, 24 bits in, 8 dummy cycles: some hosts do not set the lengths on an ESP8266.
    this.registers.set(USR1, 0x5c00_1707);
    this.registers.set(USR2, 0x7000_0000);
  }

  covers(address: number): boolean {
    return address >= this.layout.base && address < this.layout.base + REGISTER_BYTES;
  }

  read(address: number): number {
    return this.registers.get(address - this.layout.base) ?? 0;
  }

  write(address: number, value: number): void {
    const offset = address - this.layout.base;
    this.registers.set(offset, value >>> 0);
    if (offset !== CMD || value === 0) return;
    if (value & CMD_USR) this.runUserCommand();
    else this.runKnownCommand(value);
    // The start bit clears itself when the command is done.
    this.registers.set(CMD, 0);
  }

  private get(offset: number): number {
    return this.registers.get(offset) ?? 0;
  }

  private runUserCommand(): void {
    const usr = this.get(USR);
    const usr1 = this.get(USR1);
    const { mosiLength, misoLength } = this.layout;
    const mosiBits = (mosiLength == null ? (usr1 >>> 17) & 0x1ff : this.get(mosiLength)) + 1;
    const misoBits = (misoLength == null ? (usr1 >>> 8) & 0x1ff : this.get(misoLength)) + 1;
    const addressBits = (usr1 >>> 26) + 1;
    const address = usr & USR_ADDRESS ? this.get(ADDR) >>> (32 - addressBits) : 0;
    const sent = usr & USR_MOSI ? this.data().slice(0, Math.ceil(mosiBits / 8)) : new Uint8Array();
    const answerBytes = usr & USR_MISO ? Math.min(DATA_BYTES, Math.ceil(misoBits / 8)) : 0;
    const answer = this.flash.command(this.get(USR2) & 0xff, address, sent, answerBytes);
    if (answerBytes > 0) this.setData(answer);
  }

  private runKnownCommand(bits: number): void {
    const { flash } = this;
    const address = this.get(ADDR) & 0xff_ffff;
    const nothing = new Uint8Array();
    if (bits & CMD_WREN) flash.command(0x06, 0, nothing, 0);
    if (bits & CMD_WRDI) flash.command(0x04, 0, nothing, 0);
    if (bits & CMD_RDID) this.setData(flash.command(0x9f, 0, nothing, 3));
    if (bits & CMD_RDSR) this.registers.set(STATUS, flash.command(0x05, 0, nothing, 1)[0]!);
    if (bits & CMD_WRSR) flash.command(0x01, 0, Uint8Array.of(this.get(STATUS) & 0xff), 0);
    if (bits & CMD_SECTOR_ERASE) flash.command(0x20, address, nothing, 0);
    if (bits & CMD_BLOCK_ERASE) flash.command(0xd8, address, nothing, 0);
    if (bits & CMD_CHIP_ERASE) flash.command(0xc7, 0, nothing, 0);
  }

  private data(): Uint8Array {
    const bytes = new Uint8Array(DATA_BYTES);
    for (let at = 0; at < DATA_BYTES; at += 4) putU32(bytes, at, this.get(this.layout.data + at));
    return bytes;
  }

  /** Only the bytes that came in change; the rest of the last word stays. */
  private setData(bytes: Uint8Array): void {
    const data = this.data();
    data.set(bytes);
    for (let at = 0; at < bytes.length; at += 4) this.registers.set(this.layout.data + at, u32(data, at));
  }
}
