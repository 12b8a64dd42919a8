import { joinBytes, latin1 } from '../../bytes.ts';
import type { ChipFamily } from '../chip/chip.ts';
import type { Memory } from '../chip/memory.ts';
import type { StubVersion } from './loader.ts';

/** Where the text of stub v2 is loaded (reference section 4); every other stub is taken for a v1. */
const STUB_V2_TEXT: Readonly<Record<ChipFamily, number>> = { esp8266: 0x4010_c500, esp32: 0x400a_8000 };

/** Every stub holds its greeting; an ESP-IDF program for RAM holds this descriptor magic. */
const GREETING = latin1('OHAI');
const DESCRIPTOR_MAGIC = Uint8Array.of(0x32, 0x54, 0xcd, 0xab);

interface Segment {
  readonly address: number;
  readonly pieces: Uint8Array[];
}

/** What MEM_BEGIN and MEM_DATA brought into RAM. */
export class RamUpload {
  private segments: Segment[] = [];
  private cursor = 0;
  private readonly memory: Memory;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  begin(address: number): void {
    this.cursor = address;
    this.segments.push({ address, pieces: [] });
  }

  get begun(): boolean {
    return this.segments.length > 0;
  }

  data(bytes: Uint8Array): void {
    this.memory.store(this.cursor, bytes);
    this.segments.at(-1)?.pieces.push(bytes.slice());
    this.cursor += bytes.length;
  }

  /**
   * What starts when the chip jumps to the entry: a stub of some version, or a program of the user. What is not
   * known to be a program is taken for a stub, as a model must that does not run the code.
   */
  whatStarts(family: ChipFamily): StubVersion | 'user-code' {
    const content = this.segments.map((segment) => joinBytes(...segment.pieces));
    if (this.segments.some(({ address }) => address === STUB_V2_TEXT[family])) return 2;
    if (content.some((bytes) => holds(bytes, GREETING))) return 1;
    return content.some((bytes) => holds(bytes, DESCRIPTOR_MAGIC)) ? 'user-code' : 2;
  }
}

function holds(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(Buffer.from(wanted));
}
