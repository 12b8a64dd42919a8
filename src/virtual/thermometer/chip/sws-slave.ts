import { PulseDecoder } from './pulse-decoder.ts';

/** START with the command flag, which is bit 8 here. END is the other byte with that flag. */
const START = 0x15a;
const COMMAND_FLAG = 0x100;
/** Flag and data of one byte; its end bit is not looked at. */
const COUNTED_BITS = 9;
const BITS_PER_BYTE = 10;
const FRAME_MASK = 0x1ff;
const ADDRESS_BYTES = 3;
const READ_FLAG = 0x80;
/**
 * A pulse that asks for a byte is one unit low, the first bit of END four. A unit is one bit of the UART or two,
 * so up to this many bit times it asks.
 */
const LONGEST_TRIGGER_BITS = 3;

/** What the slave reads and writes. */
export interface SwsBus {
  /** Whether the pin listens just now; asked at every START. */
  isAwake(): boolean;
  /** Reading or writing does not move to the next address (bit 7 of 0xB3). */
  readonly fifoMode: boolean;
  read(address: number): number;
  write(address: number, value: number): void;
}

type State = 'hunting' | 'address' | 'kind' | 'writing' | 'reading';

/** The slave at the end of the single wire: START, three bytes of address, kind, data, END. */
export class SwsSlave {
  private readonly bus: SwsBus;
  private readonly decoder = new PulseDecoder({
    bit: (value) => this.bit(value),
    pulse: (lowBits) => this.pulse(lowBits),
  });
  private state: State = 'hunting';
  private shift = 0;
  private count = 0;
  private address = 0;
  private addressBytes = 0;
  private askedBits = 0;

  constructor(bus: SwsBus) {
    this.bus = bus;
  }

  /** How long the pulse was low that asked for the byte that `take` gives, in bit times of the UART. */
  get pulseBits(): number {
    return this.askedBits;
  }

  /** One character of the host; true: it asks for a byte, to be taken with `take`. */
  character(character: number, gapBits: number): boolean {
    return this.decoder.character(character, gapBits);
  }

  /** The byte that was asked for. */
  take(): number {
    const value = this.bus.read(this.address);
    this.advance();
    return value;
  }

  /** The chip was reset or lost power. */
  reset(): void {
    this.state = 'hunting';
    this.shift = this.count = 0;
    this.decoder.reset();
  }

  private pulse(lowBits: number): boolean {
    if (this.state !== 'reading' || this.count > 0 || lowBits > LONGEST_TRIGGER_BITS) return false;
    this.askedBits = lowBits;
    return true;
  }

  private bit(value: 0 | 1): void {
    this.shift = ((this.shift << 1) | value) & FRAME_MASK;
    if (this.state === 'hunting') {
      // Out of step with the bytes, as after it fell asleep within one, it waits for the pattern of START.
      if (this.shift === START) this.begin(COUNTED_BITS);
      return;
    }
    this.count += 1;
    if (this.count === COUNTED_BITS) this.byte(this.shift);
    else if (this.count === BITS_PER_BYTE) {
      this.count = 0;
      this.shift = 0;
    }
  }

  private byte(frame: number): void {
    if (frame === START) return this.begin(this.count);
    if (frame & COMMAND_FLAG) return this.lose();
    switch (this.state) {
      case 'address':
        this.address = ((this.address << 8) | frame) & 0xff_ffff;
        this.addressBytes += 1;
        if (this.addressBytes === ADDRESS_BYTES) this.state = 'kind';
        break;
      case 'kind':
        // Another number than 0 is for another slave.
        if (frame & ~READ_FLAG) this.lose();
        else this.state = frame & READ_FLAG ? 'reading' : 'writing';
        break;
      case 'writing':
        this.bus.write(this.address, frame);
        this.advance();
        break;
      default:
        this.lose();
    }
  }

  private begin(count: number): void {
    this.count = count;
    this.address = this.addressBytes = 0;
    if (!this.bus.isAwake()) return this.lose();
    this.state = 'address';
  }

  /** END, or nothing that makes sense: waits for the next START. */
  private lose(): void {
    this.state = 'hunting';
    this.count = 0;
    this.shift = 0;
  }

  private advance(): void {
    if (!this.bus.fifoMode) this.address = (this.address + 1) & 0xff_ffff;
  }
}
