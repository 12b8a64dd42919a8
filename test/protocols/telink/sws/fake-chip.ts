import { FakeFlash } from './fake-flash.ts';
import { lineOf, receiverHears } from './waveform.ts';

const STOP = 0x05;
/** Command flag, 5A, end bit. */
const START_BITS = '1010110100';

/**
 * A TLSR825x on its single wire, made from the reference alone: it measures low against high, knows START and END, counts
 * its address up unless FIFO mode is on, and answers a trigger at its own speed.
 */
export class FakeChip {
  readonly flash = new FakeFlash();
  id = 0x5562;
  clockMHz = 24;
  /** Bits 16 to 23 of the timer control. */
  timers = 0x08;
  /** Whether the wire is listened to while the CPU runs; a stopped chip always listens. */
  listensWhileRunning: (atMs: number) => boolean = () => true;
  isStopped = false;
  isPresent = true;
  resets = 0;
  stops = 0;
  readonly #registers = new Map<number, number>([[0xb2, 5]]);
  #bits: number[] = [];
  #frame: number[] | undefined;
  #address = 0;
  #isReading = false;
  #latch = 0xff;
  #autoRead = false;

  /** One UART character at this rate; what RX hears of it, each with whether its stop bit was missing. */
  hear(character: number, baudRate: number, atMs: number): { character: number; framingError: boolean }[] {
    const echo = [{ character, framingError: false }];
    if (!this.isPresent || !(this.isStopped || this.listensWhileRunning(atMs))) {
      this.#bits = [];
      this.#frame = undefined;
      this.#isReading = false;
      return echo;
    }
    const line = lineOf(Uint8Array.of(character));
    for (let at = 0; at < line.length; at += 2) {
      const bit = line[at]!.bits > (line[at + 1]?.bits ?? Infinity) ? 1 : 0;
      if (this.#isReading && this.#bits.length === 0 && bit === 0) {
        const unit = (Math.max(1, this.#registers.get(0xb2) ?? 5) * baudRate) / (this.clockMHz * 1e6);
        return receiverHears(this.#read(atMs), unit);
      }
      this.#bits.push(bit);
      // Between frames only START counts, wherever it comes in the stream.
      if (this.#frame == null && !this.#isReading) {
        this.#bits = this.#bits.slice(-10);
        if (this.#bits.join('') !== START_BITS) continue;
      }
      if (this.#bits.length === 10) this.#byte(atMs);
    }
    return echo;
  }

  #byte(atMs: number): void {
    const isCommand = this.#bits[0] === 1;
    const value = this.#bits.slice(1, 9).reduce((sum, bit) => (sum << 1) | bit, 0);
    this.#bits = [];
    if (isCommand) {
      this.#isReading = false;
      this.#frame = value === 0x5a ? [] : undefined;
      return;
    }
    if (this.#frame == null) return;
    this.#frame.push(value);
    const [high = 0, middle = 0, low = 0, mode = 0] = this.#frame;
    if (this.#frame.length < 4) return;
    if (this.#frame.length === 4) {
      this.#address = (high << 16) | (middle << 8) | low;
      this.#isReading = (mode & 0x80) !== 0;
      return;
    }
    this.#write(this.#address, value, atMs);
    this.#next();
  }

  #next(): void {
    if (((this.#registers.get(0xb3) ?? 0) & 0x80) === 0) this.#address++;
  }

  #write(address: number, value: number, atMs: number): void {
    this.#registers.set(address, value);
    switch (address) {
      case 0x0c:
        this.#latch = this.flash.shift(value, atMs);
        break;
      case 0x0d:
        if ((value & 1) === 1) this.flash.deselect(atMs);
        else this.flash.select(atMs);
        this.#autoRead = value === 0x0a;
        break;
      case 0x6f:
        if ((value & 0x20) === 0) break;
        this.resets++;
        this.isStopped = false;
        this.#registers.clear();
        this.#registers.set(0xb2, 5);
        this.timers = 0x08;
        break;
      case 0x602:
        if (value !== STOP) break;
        this.stops++;
        this.isStopped = true;
        break;
      case 0x622:
        this.timers = value;
        break;
    }
  }

  #read(atMs: number): number {
    const address = this.#address;
    this.#next();
    if (address === 0x7d) return 2;
    if (address === 0x7e) return this.id & 0xff;
    if (address === 0x7f) return this.id >>> 8;
    if (address === 0x622) return this.timers;
    if (address !== 0x0c) return this.#registers.get(address) ?? 0;
    const value = this.#latch;
    if (this.#autoRead) this.#latch = this.flash.shift(0, atMs);
    return value;
  }
}
