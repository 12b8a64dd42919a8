import type { UnitStorage } from '../virtual-device.ts';
import type { BusyTime } from './busy-time.ts';
import { FLASH_TIMES, PAGE_BYTES, SECTOR_BYTES } from './flash-times.ts';
import { sfdpTable } from './sfdp.ts';

/** Block-protect bits of status register 1, write-in-progress and write-enable latch. */
const PROTECT_BITS = 0x7c;
const WRITE_ENABLE_LATCH = 0x02;
const WRITE_IN_PROGRESS = 0x01;

/** A SPI NOR flash chip: programming clears bits, erasing a sector sets them, commands as on its data sheet. */
export class NorFlash {
  readonly cells: Uint8Array;
  /** Manufacturer, type, size id; what RDID answers. */
  jedecId: readonly [number, number, number];
  /** The WP# pin and its lock bits keep the protection on whatever the host tries. */
  lockedForGood = false;
  /** Does not answer on the bus at all. */
  silent = false;
  /** Changes what is about to be programmed: a weak supply. */
  disturb: ((data: Uint8Array, offset: number) => Uint8Array) | undefined;
  /** Makes `command` take time; missing: everything is done at once. */
  busy: BusyTime | undefined;
  /** Erasing takes this many times as long. */
  eraseSlowness = 1;
  /** Where block-protect bits are set, what lies below this cannot be changed; the rest can. */
  protectedBelow = Infinity;
  readonly statusRegisters = [0, 0, 0];
  private readonly storage: UnitStorage;
  private readonly sfdp: Uint8Array;
  /** What the registers fall back to when power has been away. */
  private lastingStatus: readonly number[] = [0, 0, 0];
  private writeEnabled = false;
  private volatileEnabled = false;
  private poweredDown = false;

  constructor(cells: Uint8Array, jedecId: readonly [number, number, number], storage: UnitStorage) {
    this.cells = cells;
    this.jedecId = jedecId;
    this.storage = storage;
    this.sfdp = sfdpTable(cells.length, jedecId[0]);
  }

  get sizeBytes(): number {
    return this.cells.length;
  }

  /** Power has been away: only what is not volatile stays. */
  powerCycle(): void {
    this.writeEnabled = this.volatileEnabled = this.poweredDown = false;
    this.busy?.end();
    this.lastingStatus.forEach((byte, index) => (this.statusRegisters[index] = byte));
  }

  /** Bytes from `offset`; like the chip, it wraps at its end. */
  read(offset: number, length: number): Uint8Array {
    const start = offset % this.sizeBytes;
    if (start + length <= this.sizeBytes) return this.cells.subarray(start, start + length);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const from = (start + at) % this.sizeBytes;
      const piece = this.cells.subarray(from, Math.min(this.sizeBytes, from + length - at));
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Programs: bits go from one to zero only. Returns the number of pages it took. */
  program(offset: number, data: Uint8Array): number {
    const pages = Math.ceil(((offset % PAGE_BYTES) + data.length) / PAGE_BYTES);
    if (this.isProtectedAt(offset)) return pages;
    const { cells } = this;
    const start = offset % this.sizeBytes;
    const source = this.disturb?.(data, offset) ?? data;
    const end = Math.min(this.sizeBytes, start + source.length);
    for (let at = start, from = 0; at < end; at++, from++) cells[at]! &= source[from]!;
    this.storage.touched(start, end - start);
    if (start + source.length > this.sizeBytes) this.program(0, data.subarray(end - start));
    return pages;
  }

  eraseSectors(firstSector: number, count: number): void {
    if (this.isProtectedAt(firstSector * SECTOR_BYTES)) return;
    const sectors = this.sizeBytes / SECTOR_BYTES;
    for (let index = 0; index < count; index++) {
      const offset = ((firstSector + index) % sectors) * SECTOR_BYTES;
      this.cells.fill(0xff, offset, offset + SECTOR_BYTES);
      this.storage.touched(offset, SECTOR_BYTES);
    }
  }

  eraseChip(): void {
    this.eraseSectors(0, this.sizeBytes / SECTOR_BYTES);
  }

  isBlankSector(sector: number): boolean {
    return this.read(sector * SECTOR_BYTES, SECTOR_BYTES).every((byte) => byte === 0xff);
  }

  /** What loaders do before they write: clears the protection, unless it is locked. Keeps the quad-enable bit. */
  unlock(): void {
    if (this.lockedForGood) return;
    this.statusRegisters[0] = 0;
    this.statusRegisters[1]! &= 0x02;
    this.lastingStatus = [...this.statusRegisters];
  }

  /** As it comes: block-protect bits that stay when power goes. */
  protect(bits: number): void {
    this.statusRegisters[0] = bits & PROTECT_BITS;
    this.lastingStatus = [...this.statusRegisters];
  }

  get isProtected(): boolean {
    return this.lockedForGood || (this.statusRegisters[0]! & PROTECT_BITS) !== 0;
  }

  isProtectedAt(offset: number): boolean {
    return this.lockedForGood || (this.isProtected && offset < this.protectedBelow);
  }

  flush(): void {
    this.storage.flush();
  }

  /** One command on the SPI bus; returns what the chip puts on MISO, `answerBytes` long. */
  command(opcode: number, address: number, sent: Uint8Array, answerBytes: number): Uint8Array {
    const answer = new Uint8Array(answerBytes).fill(0xff);
    if (this.silent) return answer;
    // Deep in power-down it hears the command that wakes it, and while it is busy the one that asks whether it is.
    if (this.poweredDown && opcode !== 0xab) return answer;
    if (this.busy?.isBusy && opcode !== 0x05) return answer;
    const repeat = (byte: number) => answer.fill(byte);
    switch (opcode) {
      case 0x9f:
        for (let at = 0; at < answerBytes; at++) answer[at] = this.jedecId[at % 3]!;
        break;
      case 0x90:
        for (let at = 0; at < answerBytes; at++)
          answer[at] = at % 2 === 0 ? this.jedecId[0] : this.jedecId[2] - 1;
        break;
      case 0xb9:
        this.poweredDown = true;
        break;
      case 0xab:
        this.poweredDown = false;
        repeat(this.jedecId[2] - 1);
        break;
      case 0x05:
        for (let at = 0; at < answerBytes; at++) answer[at] = this.status();
        break;
      case 0x35:
        repeat(this.statusRegisters[1]!);
        break;
      case 0x15:
        repeat(this.statusRegisters[2]!);
        break;
      case 0x06:
        this.writeEnabled = true;
        break;
      case 0x50:
        this.volatileEnabled = true;
        break;
      case 0x04:
        this.writeEnabled = this.volatileEnabled = false;
        break;
      case 0x01:
      case 0x31:
      case 0x11:
        this.writeStatus(opcode, sent);
        break;
      case 0x5a:
        for (let at = 0; at < answerBytes; at++) answer[at] = this.sfdp[address + at] ?? 0xff;
        break;
      case 0x4b:
        for (let at = 0; at < answerBytes; at++) answer[at] = (this.jedecId[0] * 7 + at * 41) & 0xff;
        break;
      case 0x03:
      case 0x0b:
        answer.set(this.read(address, answerBytes));
        break;
      case 0x02:
        if (!this.takeWriteEnable() || sent.length === 0) break;
        this.programPage(address, sent);
        this.takes(FLASH_TIMES.pageProgramMs, address);
        break;
      case 0x20:
        this.eraseBlock(address, 1);
        break;
      case 0x52:
        this.eraseBlock(address, 8);
        break;
      case 0xd8:
        this.eraseBlock(address, 16);
        break;
      case 0x60:
      case 0xc7:
        if (!this.takeWriteEnable()) break;
        this.eraseChip();
        this.takes(
          (FLASH_TIMES.chipEraseMsPerSector * this.sizeBytes * this.eraseSlowness) / SECTOR_BYTES,
          0,
        );
        break;
      default:
        // Anything else leaves MISO high.
        break;
    }
    return answer;
  }

  /** As the bus has it: what runs over the end of a page goes on at its start, and the last 256 bytes count. */
  private programPage(address: number, sent: Uint8Array): void {
    const pageStart = address - (address % PAGE_BYTES);
    const kept = sent.subarray(Math.max(0, sent.length - PAGE_BYTES));
    const first = (address + sent.length - kept.length) % PAGE_BYTES;
    const upToEnd = kept.subarray(0, PAGE_BYTES - first);
    this.program(pageStart + first, upToEnd);
    if (upToEnd.length < kept.length) this.program(pageStart, kept.subarray(upToEnd.length));
  }

  private eraseBlock(address: number, sectors: number): void {
    if (!this.takeWriteEnable()) return;
    this.eraseSectors(Math.floor(address / (sectors * SECTOR_BYTES)) * sectors, sectors);
    this.takes(FLASH_TIMES.sectorEraseMs * sectors * this.eraseSlowness, address);
  }

  private takes(durationMs: number, offset: number): void {
    if (!this.isProtectedAt(offset)) this.busy?.begin(durationMs);
  }

  private status(): number {
    const inProgress = this.busy?.poll() ? WRITE_IN_PROGRESS : 0;
    return this.statusRegisters[0]! | inProgress | (this.writeEnabled ? WRITE_ENABLE_LATCH : 0);
  }

  private takeWriteEnable(): boolean {
    const enabled = this.writeEnabled;
    this.writeEnabled = false;
    return enabled;
  }

  private writeStatus(opcode: number, sent: Uint8Array): void {
    const lasts = this.writeEnabled;
    const enabled = lasts || this.volatileEnabled;
    this.writeEnabled = this.volatileEnabled = false;
    if (!enabled || this.lockedForGood || sent.length === 0) return;
    const first = opcode === 0x01 ? 0 : opcode === 0x31 ? 1 : 2;
    this.statusRegisters[first] = first === 0 ? sent[0]! & 0xfc : sent[0]!;
    if (opcode === 0x01 && sent.length > 1) this.statusRegisters[1] = sent[1]!;
    if (lasts) {
      this.lastingStatus = [...this.statusRegisters];
      this.busy?.begin(FLASH_TIMES.statusWriteMs);
    }
  }
}
