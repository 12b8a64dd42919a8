/** Telnet and RFC 2217 bytes. */
export const IAC = 0xff;
export const WILL = 0xfb;
export const WONT = 0xfc;
export const DO = 0xfd;
export const DONT = 0xfe;
const SB = 0xfa;
const SE = 0xf0;

export interface TelnetEvents {
  /** Plain bytes, never empty. */
  data(bytes: Uint8Array): void;
  /** WILL, WONT, DO or DONT with its option. */
  negotiation(verb: number, option: number): void;
  /** Content of a sub-negotiation, its option first, escapes undone. */
  subnegotiation(content: Uint8Array): void;
}

type State = 'data' | 'command' | 'option' | 'content' | 'content-command';

/** Takes the telnet stream of a client apart, however it is cut into chunks. */
export class TelnetDecoder {
  private state: State = 'data';
  private verb = 0;
  private content: number[] = [];
  private readonly events: TelnetEvents;

  constructor(events: TelnetEvents) {
    this.events = events;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.state !== 'data') {
        this.step(bytes[at++]!);
        continue;
      }
      const next = bytes.indexOf(IAC, at);
      const end = next < 0 ? bytes.length : next;
      if (end > at) this.events.data(bytes.slice(at, end));
      if (next >= 0) this.state = 'command';
      at = end + 1;
    }
  }

  private step(byte: number): void {
    switch (this.state) {
      case 'command':
        if (byte === IAC) this.events.data(Uint8Array.of(IAC));
        this.verb = byte;
        this.content = [];
        this.state = byte === SB ? 'content' : byte >= WILL && byte <= DONT ? 'option' : 'data';
        break;
      case 'option':
        this.state = 'data';
        this.events.negotiation(this.verb, byte);
        break;
      case 'content':
        if (byte === IAC) this.state = 'content-command';
        else this.content.push(byte);
        break;
      case 'content-command':
        if (byte === IAC) this.content.push(IAC);
        this.state = byte === SE ? 'data' : 'content';
        if (byte === SE) this.events.subnegotiation(Uint8Array.from(this.content));
        break;
      case 'data':
        break;
    }
  }
}

/** Doubles every IAC, so that data cannot be taken for a command. */
export function escapeTelnet(bytes: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of bytes) if (byte === IAC) count++;
  if (count === 0) return bytes;
  const escaped = new Uint8Array(bytes.length + count);
  let to = 0;
  for (const byte of bytes) {
    escaped[to++] = byte;
    if (byte === IAC) escaped[to++] = IAC;
  }
  return escaped;
}

export function subnegotiation(option: number, content: Uint8Array): Uint8Array {
  return Uint8Array.of(IAC, SB, option, ...escapeTelnet(content), IAC, SE);
}
