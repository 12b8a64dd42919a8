import { joinBytes, latin1, putU32, u16, u32 } from '../../bytes.ts';
import type { SpiBus } from './spi-bus.ts';

const ACK = 0x06;
const NAK = 0x15;
const SPI = 0x08;
const NAME = 'practice-serprog';
/** An opcode, three bytes of address and a page. */
const LONGEST_WRITE_BYTES = 260;
const LONGEST_READ_BYTES = 65_536;
const FASTEST_SPI_HZ = 24_000_000;

const u24 = (bytes: Uint8Array, at: number): number => u16(bytes, at) | ((bytes[at + 2] ?? 0) << 16);
const inU24 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, value >> 16];

interface Command {
  /** Bytes of its parameters, but for the SPI operation, which says itself how long it is. */
  readonly parameterBytes: number;
  /** Answer; undefined: refused. */
  run(parameters: Uint8Array): Uint8Array | undefined;
}

const acked = (...bytes: readonly number[]): Uint8Array => Uint8Array.of(ACK, ...bytes);

/** A programmer that speaks serprog, as far as SPI goes: bytes from the host in, answers out. */
export class SerprogProgrammer {
  private readonly bus: SpiBus;
  private readonly commands: ReadonlyMap<number, Command>;
  private waiting: Uint8Array = new Uint8Array();
  private queuedDelayUs = 0;
  private delayUs = 0;

  constructor(bus: SpiBus) {
    this.bus = bus;
    const answer = (...bytes: number[]): Command => ({ parameterBytes: 0, run: () => acked(...bytes) });
    this.commands = new Map<number, Command>([
      [0x00, answer()],
      [0x01, answer(1, 0)],
      [0x02, { parameterBytes: 0, run: () => joinBytes(acked(), this.commandMap()) }],
      [0x03, answer(...latin1(NAME))],
      [0x04, answer(0xff, 0xff)],
      [0x05, answer(SPI)],
      [0x07, answer(0xff, 0xff)],
      [0x08, answer(...inU24(LONGEST_WRITE_BYTES))],
      [0x0b, { parameterBytes: 0, run: () => this.clear() }],
      [0x0e, { parameterBytes: 4, run: (us) => this.queueDelay(u32(us, 0)) }],
      [0x0f, { parameterBytes: 0, run: () => this.runQueue() }],
      [0x10, { parameterBytes: 0, run: () => Uint8Array.of(NAK, ACK) }],
      [0x11, answer(...inU24(LONGEST_READ_BYTES))],
      [0x12, { parameterBytes: 1, run: ([bus]) => (((bus ?? 0) & SPI) === 0 ? undefined : acked()) }],
      [0x13, { parameterBytes: 6, run: (operation) => this.spi(operation) }],
      [0x14, { parameterBytes: 4, run: (hz) => chosenClock(u32(hz, 0)) }],
      [0x15, { parameterBytes: 1, run: () => acked() }],
    ]);
  }

  /** Answers, each with how long the programmer waits before it, ms. */
  *receive(bytes: Uint8Array): Generator<{ readonly answer: Uint8Array; readonly afterMs: number }> {
    this.waiting = joinBytes(this.waiting, bytes);
    let at = 0;
    while (at < this.waiting.length) {
      const opcode = this.waiting[at]!;
      const command = this.commands.get(opcode);
      if (command == null) {
        at += 1;
        yield { answer: Uint8Array.of(NAK), afterMs: 0 };
        continue;
      }
      let { parameterBytes } = command;
      const start = at + 1;
      if (opcode === 0x13 && this.waiting.length >= start + 3) parameterBytes += u24(this.waiting, start);
      if (this.waiting.length < start + parameterBytes) break;
      at = start + parameterBytes;
      const answer = command.run(this.waiting.subarray(start, at)) ?? Uint8Array.of(NAK);
      yield { answer, afterMs: this.delayUs / 1000 };
      this.delayUs = 0;
    }
    this.waiting = this.waiting.slice(at);
  }

  /** The host is another one. */
  restart(): void {
    this.waiting = new Uint8Array();
    this.queuedDelayUs = this.delayUs = 0;
  }

  private commandMap(): Uint8Array {
    const map = new Uint8Array(32);
    for (const opcode of this.commands.keys()) map[opcode >> 3]! |= 1 << (opcode & 7);
    return map;
  }

  private clear(): Uint8Array {
    this.queuedDelayUs = 0;
    return acked();
  }

  private queueDelay(us: number): Uint8Array {
    this.queuedDelayUs += us;
    return acked();
  }

  private runQueue(): Uint8Array {
    this.delayUs = this.queuedDelayUs;
    return this.clear();
  }

  private spi(operation: Uint8Array): Uint8Array | undefined {
    const answerBytes = u24(operation, 3);
    if (answerBytes > LONGEST_READ_BYTES) return undefined;
    return joinBytes(acked(), this.bus.transfer(operation.subarray(6), answerBytes));
  }
}

function chosenClock(hz: number): Uint8Array | undefined {
  if (hz === 0) return undefined;
  const answer = acked(0, 0, 0, 0);
  putU32(answer.subarray(1), 0, Math.min(hz, FASTEST_SPI_HZ));
  return answer;
}
