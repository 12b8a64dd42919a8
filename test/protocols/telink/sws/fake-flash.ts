const SIZE = 0x8_0000;

/** A 25-series flash on its SPI pins, as its data sheet describes it. Times by the caller's clock, ms. */
export class FakeFlash {
  readonly bytes = new Uint8Array(SIZE).fill(0xff);
  id: readonly number[] = [0xc8, 0x60, 0x13];
  status = 0;
  /** A status register that takes no write. */
  lockedForGood = false;
  sectorEraseMs = 50;
  pageProgramMs = 0.7;
  statusWriteMs = 5;
  /** Never gets ready again. */
  stuck = false;
  /** Orders that came while it was busy and were ignored. */
  ignored = 0;
  readonly erased: number[] = [];
  readonly programmed: number[] = [];
  #busyUntilMs = -Infinity;
  #isWriteEnabled = false;
  #selected = false;
  #command: number[] = [];

  select(atMs: number): void {
    if (!this.#selected) this.#command = [];
    this.#selected = true;
    void atMs;
  }

  deselect(atMs: number): void {
    if (this.#selected && this.#command.length > 0) this.#execute(atMs);
    this.#selected = false;
  }

  /** Shifts one byte out to the flash and gives the one shifted in. */
  shift(out: number, atMs: number): number {
    if (!this.#selected) return 0xff;
    this.#command.push(out);
    const [op = 0, high = 0, middle = 0, low = 0] = this.#command;
    const index = this.#command.length - 1;
    if (op === 0x05 && index >= 1) return this.#statusAt(atMs);
    if (this.#isBusy(atMs)) return 0xff;
    if (op === 0x9f && index >= 1) return this.id[index - 1] ?? 0xff;
    if (op === 0x03 && index >= 4)
      return this.bytes[(((high << 16) | (middle << 8) | low) + index - 4) % SIZE]!;
    return 0xff;
  }

  #isBusy(atMs: number): boolean {
    return this.stuck ? this.#busyUntilMs > -Infinity : atMs < this.#busyUntilMs;
  }

  #statusAt(atMs: number): number {
    return this.status | (this.#isBusy(atMs) ? 1 : 0) | (this.#isWriteEnabled ? 2 : 0);
  }

  #execute(atMs: number): void {
    const [op = 0, high = 0, middle = 0, low = 0, ...data] = this.#command;
    if (op === 0x05 || op === 0x03 || op === 0x9f) return;
    if (this.#isBusy(atMs)) {
      this.ignored++;
      return;
    }
    const address = (high << 16) | (middle << 8) | low;
    if (op === 0x06) this.#isWriteEnabled = true;
    const isProtected = (this.status & 0x7c) !== 0;
    if (!this.#isWriteEnabled) return;
    if (op === 0x01) {
      if (!this.lockedForGood) this.status = high & 0xfc;
      this.#begin(atMs, this.statusWriteMs);
    }
    if (isProtected) return;
    if (op === 0x20) {
      const sector = address & ~0xfff;
      this.bytes.fill(0xff, sector, sector + 0x1000);
      this.erased.push(sector);
      this.#begin(atMs, this.sectorEraseMs);
    }
    if (op === 0x60) {
      this.bytes.fill(0xff);
      this.#begin(atMs, 100 * this.sectorEraseMs);
    }
    if (op === 0x02) {
      const page = address & ~0xff;
      // Bits go from 1 to 0 only, and the address wraps within its page.
      for (const [index, byte] of data.entries()) {
        const at = page | ((address + index) & 0xff);
        this.bytes[at] = this.bytes[at]! & byte;
      }
      this.programmed.push(page);
      this.#begin(atMs, this.pageProgramMs);
    }
  }

  #begin(atMs: number, ms: number): void {
    this.#busyUntilMs = atMs + ms;
    this.#isWriteEnabled = false;
  }
}
