import type { Socket } from 'node:net';
import { collector, type Peer } from './contract.ts';

const IAC = 255;
const COM_PORT = 44;

/** What a server does not do as RFC 2217 says. */
export interface ServerHabits {
  /** Answers COM-PORT-OPTION with DONT. */
  readonly refusesComPort?: boolean;
  /** Offers COM-PORT-OPTION itself and does not answer the client's offer. */
  readonly offersOnly?: boolean;
  /** Obeys these commands without a word. */
  readonly mute?: readonly number[];
  /** The rate the far port really takes. */
  readonly realRate?: (asked: number) => number;
  /** Sends these bytes right after the connection. */
  readonly greeting?: readonly number[];
  /** Repeats every WILL and DO for ever. */
  readonly loops?: boolean;
}

/** The other side of RFC 2217, written from the text of the RFC for these tests alone. */
export class Rfc2217TestServer {
  readonly peer: Peer;
  /** COM-PORT-OPTION commands in the order they came: command, then value. */
  readonly commands: number[][] = [];
  readonly options: string[] = [];
  readonly #socket: Socket;
  readonly #habits: ServerHabits;
  readonly #data: ((bytes: Uint8Array) => void)[] = [];
  #lines = { dtr: true, rts: true };
  #baudRate = 9600;
  #pending: number[] = [];

  constructor(socket: Socket, habits: ServerHabits = {}) {
    this.#socket = socket;
    this.#habits = habits;
    const received = collector((add) => this.#data.push(add));
    this.peer = {
      send: (bytes) => void socket.write(Buffer.from([...bytes].flatMap((b) => (b === IAC ? [b, b] : [b])))),
      received: (count) => received.atLeast(count),
      stall: () => void socket.pause(),
      cut: () => void socket.resetAndDestroy(),
      lines: () => this.#lines,
      baudRate: () => this.#baudRate,
    };
    socket.on('data', (chunk: Buffer) => this.#take([...chunk]));
    if (habits.greeting) socket.write(Buffer.from(habits.greeting));
    if (habits.offersOnly) socket.write(Buffer.from([IAC, 251, COM_PORT]));
  }

  /** Sends a command of the server. */
  sendCommand(command: number, ...value: number[]): void {
    const escaped = value.flatMap((byte) => (byte === IAC ? [byte, byte] : [byte]));
    this.#socket.write(Buffer.from([IAC, 250, COM_PORT, command, ...escaped, IAC, 240]));
  }

  #take(chunk: number[]): void {
    const bytes = [...this.#pending, ...chunk];
    const data: number[] = [];
    let at = 0;
    for (;;) {
      const used = this.#one(bytes, at, data);
      if (used === 0) break;
      at += used;
    }
    this.#pending = bytes.slice(at);
    if (data.length > 0) for (const add of this.#data) add(Uint8Array.from(data));
  }

  /** Takes one thing from the stream; says how many bytes it had, 0 when it is not whole yet. */
  #one(bytes: number[], at: number, data: number[]): number {
    const [first, second, third] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    if (first == null) return 0;
    if (first !== IAC) {
      data.push(first);
      return 1;
    }
    if (second == null) return 0;
    if (second === IAC) {
      data.push(IAC);
      return 2;
    }
    if (second === 250) {
      const payload: number[] = [];
      for (let i = at + 2; i + 1 < bytes.length; i++) {
        if (bytes[i] !== IAC) payload.push(bytes[i] as number);
        else if (bytes[i + 1] === 240) {
          this.#command(payload);
          return i + 2 - at;
        } else payload.push(bytes[i++] as number);
      }
      return 0;
    }
    if (third == null) return 0;
    this.#option(second, third);
    return 3;
  }

  #option(verb: number, option: number): void {
    this.options.push(`${verb} ${option}`);
    const { refusesComPort, offersOnly, loops } = this.#habits;
    if (loops) this.#socket.write(Buffer.from([IAC, 253, 99, IAC, 251, 99]));
    if (option === COM_PORT && offersOnly) return;
    const yes = !(option === COM_PORT && refusesComPort);
    // WILL is answered by DO or DONT, DO by WILL or WONT.
    if (verb === 251) this.#socket.write(Buffer.from([IAC, yes ? 253 : 254, option]));
    if (verb === 253) this.#socket.write(Buffer.from([IAC, yes ? 251 : 252, option]));
  }

  #command([option, command = -1, ...value]: number[]): void {
    if (option !== COM_PORT) return;
    this.commands.push([command, ...value]);
    const first = value[0] ?? 0;
    let answer = value;
    if (command === 1) {
      const asked = Buffer.from(value).readUInt32BE();
      this.#baudRate = this.#habits.realRate?.(asked) ?? asked;
      const rate = Buffer.alloc(4);
      rate.writeUInt32BE(this.#baudRate);
      answer = [...rate];
    }
    if (command === 5 && (first === 8 || first === 9)) this.#lines = { ...this.#lines, dtr: first === 8 };
    if (command === 5 && (first === 11 || first === 12)) this.#lines = { ...this.#lines, rts: first === 11 };
    if (command === 10 || command === 11 || this.#habits.mute?.includes(command)) return;
    this.sendCommand(command + 100, ...answer);
  }
}
