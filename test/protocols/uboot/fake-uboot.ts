import CRC32 from 'crc-32';
import { startsWith } from '../../../src/firmware/bytes.ts';
import { dafangPart } from '../../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../../src/firmware/dafang/identity.ts';
import { ScriptedPort } from '../../harness/scripted-port.ts';

export const RAM_BASE = 0x8060_0000;
const RAM_BYTES = 0x189_0000;
const PROMPT = 'isvp_t20# ';
const CAN = 0x18;

export interface FakeOptions {
  readonly flash: Uint8Array;
  /** demo.bin on the SD card. */
  readonly card?: Uint8Array;
  /** Switched off until `power` is called; else it waits at its prompt. */
  readonly isOff?: boolean;
  /** Changes what a command prints. */
  readonly answer?: (command: string, answer: string) => string;
  /** What Linux says of its MAC; default: what para says. */
  readonly linuxMac?: string;
  /** The chip ignores what is written, and U-Boot does not notice. */
  readonly isProtected?: boolean;
  /** Of what it says, every nth character is lost, or another one. */
  readonly noise?: { readonly every: number; readonly kind: 'loses' | 'garbles' };
  /** Damages the nth byte that comes in (from 1). */
  readonly damagedBytes?: ReadonlySet<number>;
}

/** The stock U-Boot of the camera as its texts are recorded, played over a scripted port. */
export class FakeUboot {
  readonly port = new ScriptedPort({ hasControlLines: false });
  readonly flash: Uint8Array;
  readonly ram = new Uint8Array(RAM_BYTES);
  /** Commands in the order in which they were carried out. */
  readonly commands: string[] = [];
  card: Uint8Array | undefined;
  /** Erased or programmed stretches. */
  readonly writes: { readonly offset: number; readonly length: number }[] = [];
  /** The nth YMODEM block (from 1) is refused once. */
  refusedBlocks = new Set<number>();
  /** How a block is refused: NAK, or `C` as U-Boot 2013.07 does. */
  refusal = '\x15';
  ymodemBlocks = 0;
  readonly #options: FakeOptions;
  #mode: 'off' | 'countdown' | 'prompt' | 'ymodem' | 'linux';
  #line = '';
  #probed = false;
  #received = 0;
  #said = 0;
  #ymodem = { address: 0, size: -1, at: 0, buffer: [] as number[], cans: 0, next: 0, isOver: false };

  constructor(options: FakeOptions) {
    this.#options = options;
    this.flash = options.flash;
    this.card = options.card;
    this.#mode = options.isOff === true ? 'off' : 'prompt';
    this.port.onWrite = (bytes) => {
      for (const byte of bytes) this.#receive(byte);
    };
  }

  get isAtPrompt(): boolean {
    return this.#mode === 'prompt';
  }

  say(text: string): void {
    const { noise } = this.#options;
    const bytes = Buffer.from(text, 'latin1');
    if (noise === undefined) return this.port.deliver(bytes);
    const heard = [...bytes].flatMap((byte) => {
      if (++this.#said % noise.every > 0) return [byte];
      return noise.kind === 'loses' ? [] : [byte ^ 2];
    });
    this.port.deliver(Uint8Array.from(heard));
  }

  power(): void {
    this.#mode = 'countdown';
    this.#probed = false;
    this.#line = '';
    this.ram.fill(0x33);
    this.say(
      '\r\n\r\nU-Boot SPL 2013.07 (Jul 28 2017 - 01:26:52)\r\n\r\n\r\nU-Boot 2013.07 (Jul 28 2017 - 01:26:52)\r\n\r\nDRAM:  128 MiB\r\nHit any key to stop autoboot:  1 ',
    );
  }

  /** The countdown is over. */
  boot(): void {
    const { offset, magic } = dafangPart('kernel');
    if (!startsWith(this.flash.subarray(offset), magic!)) {
      this.#mode = 'prompt';
      return this.say(
        `\b\b\b 0 \r\nWrong Image Format for bootm command\r\nERROR: can't get kernel image!\r\n${PROMPT}`,
      );
    }
    this.#mode = 'linux';
    const para = dafangPart('para');
    const mac =
      this.#options.linuxMac ?? identityOf(this.flash.subarray(para.offset, para.offset + para.size)).mac;
    this.say(
      '\b\b\b 0 \r\n## Booting kernel from Legacy Image\r\n[    0.000000] Linux version 3.10.14 (gcc version 4.7.2)\r\n',
    );
    this.say(
      mac === undefined
        ? 'MAC Address from efuse error, assign random one !!!\r\n'
        : `rtw_macaddr_cfg MAC Address  = ${mac}\r\n`,
    );
  }

  #receive(byte: number): void {
    this.#received++;
    if (this.#options.damagedBytes?.has(this.#received) === true) byte ^= 1;
    switch (this.#mode) {
      case 'off':
      case 'linux':
        return;
      case 'countdown':
        this.#mode = 'prompt';
        return this.say(`\b\b\b 0 \r\n${PROMPT}`);
      case 'ymodem':
        return this.#ymodemByte(byte);
      case 'prompt':
        return this.#typed(byte);
    }
  }

  #typed(byte: number): void {
    if (byte === 3) {
      this.#line = '';
      return this.say(`<INTERRUPT>\r\n${PROMPT}`);
    }
    if (byte !== 0x0d) {
      this.#line += String.fromCharCode(byte);
      return this.say(String.fromCharCode(byte));
    }
    const command = this.#line.trim();
    this.#line = '';
    this.say('\r\n');
    if (command === '') return this.say(PROMPT);
    this.commands.push(command);
    if (command === 'reset') {
      this.say('resetting ...\r\n');
      this.power();
      return this.boot();
    }
    const answer = this.#answer(command);
    const text = this.#options.answer?.(command, answer) ?? answer;
    if (this.#mode === 'prompt') this.say(`${text}${PROMPT}`);
    else this.say(text);
  }

  #answer(command: string): string {
    const [name, ...args] = command.split(' ');
    const [a = 0, b = 0, c = 0] = args.map((text) => parseInt(text, 16));
    const hex = (value: number) => value.toString(16);
    const ram = (address: number, length: number) =>
      this.ram.subarray(address - RAM_BASE, address - RAM_BASE + length);
    switch (name) {
      case 'echo':
        return `${args.join(' ')}\r\n`;
      case 'crc32': {
        const crc = (CRC32.buf(ram(a, b)) >>> 0).toString(16).padStart(8, '0');
        return `CRC32 for ${hex(a)} ... ${hex(a + b - 1)} ==> ${crc}\r\n`;
      }
      case 'mw.b':
        ram(a, c).fill(b);
        return '';
      case 'md.b':
        return dump(a, ram(a, b));
      case 'mmc':
        return this.card ? '' : 'MMC: no card present\r\n';
      case 'fatls':
        return this.card
          ? ` ${this.card.length}   demo.bin \r\n\r\n1 file(s), 0 dir(s)\r\n\r\n`
          : '** Bad device mmc 0 **\r\n';
      case 'fatload': {
        const [, , address, , length, skip] = args;
        const part = this.card!.subarray(parseInt(skip!, 16), parseInt(skip!, 16) + parseInt(length!, 16));
        ram(parseInt(address!, 16), part.length).set(part);
        return `reading demo.bin\r\n${part.length} bytes read in 900 ms\r\n`;
      }
      case 'sf':
        return this.#sf(
          args[0]!,
          args.slice(1).map((text) => parseInt(text, 16)),
        );
      case 'loady':
        this.#mode = 'ymodem';
        this.#ymodem = { address: a, size: -1, at: 0, buffer: [], cans: 0, next: 0, isOver: false };
        return `## Ready for binary (ymodem) download to 0x${hex(a).toUpperCase()} at 115200 bps...\r\nC`;
      default:
        return `Unknown command '${name}' - try 'help'\r\n`;
    }
  }

  #sf(what: string, [address = 0, offset = 0, length = 0]: readonly number[]): string {
    if (what === 'probe') {
      this.#probed = true;
      return 'the manufacturer c8\r\nSF: Detected GD25Q128\r\n\r\n--->probe spend 4 ms\r\n';
    }
    if (!this.#probed) return "No SPI flash selected. Please run `sf probe'\r\n";
    const ram = this.ram.subarray(address - RAM_BASE, address - RAM_BASE + length);
    if (what === 'read') {
      ram.set(this.flash.subarray(offset, offset + length));
      return `SF: ${length} bytes @ 0x${offset.toString(16)} Read: OK\r\n--->read spend 9 ms\r\n`;
    }
    let written = 0;
    for (let at = 0; at < length; at += 0x1000) {
      const sector = ram.subarray(at, at + 0x1000);
      const place = this.flash.subarray(offset + at, offset + at + sector.length);
      if (Buffer.compare(sector, place) === 0) continue;
      if (this.#options.isProtected !== true) {
        place.set(sector);
        this.writes.push({ offset: offset + at, length: sector.length });
      }
      written += sector.length;
    }
    return `\rUpdating, 50% 90000 B/s\r${written} bytes written, ${length - written} bytes skipped in 1.5s, speed 90000 B/s\r\n--->update spend 1500 ms\r\n`;
  }

  #ymodemByte(byte: number): void {
    const state = this.#ymodem;
    const { buffer } = state;
    if (buffer.length === 0 && byte === CAN) {
      if (++state.cans < 2) return;
      return this.#endYmodem('\r\nCancelled\r\n## Binary (ymodem) download aborted\r\n');
    }
    state.cans = 0;
    if (buffer.length === 0 && byte === 4) {
      state.isOver = true;
      state.next = 0;
      return this.say('\x06C');
    }
    buffer.push(byte);
    const size = buffer[0] === 1 ? 128 : 1024;
    if (buffer.length < size + 5) return;
    const packet = Uint8Array.from(buffer);
    state.buffer = [];
    const data = packet.subarray(3, 3 + size);
    const crc = (packet[size + 3]! << 8) | packet[size + 4]!;
    this.ymodemBlocks++;
    if (
      crc !== xmodemCrc(data) ||
      packet[1] !== (state.next & 0xff) ||
      this.refusedBlocks.delete(this.ymodemBlocks)
    )
      return this.say(this.refusal);
    if (state.isOver) {
      this.say('\x06');
      return this.#endYmodem(
        `## Total Size      = 0x${state.size.toString(16).padStart(8, '0')} = ${state.size} Bytes\r\n`,
      );
    }
    if (state.size < 0) {
      const [, size0] = Buffer.from(data).toString('latin1').split('\0');
      state.size = parseInt(size0!, 10);
      state.next = 1;
      return this.say('\x06C');
    }
    const rest = data.subarray(0, state.size - state.at);
    this.ram.set(rest, state.address - RAM_BASE + state.at);
    state.at += rest.length;
    state.next++;
    this.say('\x06');
  }

  #endYmodem(text: string): void {
    this.#mode = 'prompt';
    this.say(`${text}${PROMPT}`);
  }
}

/** Bit by bit from the definition, independently of the sender. */
function xmodemCrc(data: Uint8Array): number {
  let crc = 0;
  for (const byte of data)
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (crc >> 15) ^ ((byte >> bit) & 1);
      crc = (crc << 1) & 0xffff;
      if (carry === 1) crc ^= 0x1021;
    }
  return crc;
}

function dump(address: number, bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const line = [...bytes.subarray(at, at + 16)];
    const shown = line
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    text += `${(address + at).toString(16)}: ${line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}  ${shown}\r\n`;
  }
  return text;
}
