/**
 * Telnet (RFC 854, 855) as RFC 2217 uses it. Pure: bytes in, bytes or events out.
 */
export const TELNET = { SE: 240, SB: 250, WILL: 251, WONT: 252, DO: 253, DONT: 254, IAC: 255 } as const;
export type TelnetVerb = 251 | 252 | 253 | 254;

/** Telnet options: RFC 856, RFC 858, RFC 2217. */
export const OPTION = { BINARY: 0, SUPPRESS_GO_AHEAD: 3, COM_PORT: 44 } as const;

/** RFC 2217 section 3: commands from the client; the server's answer is the same number plus 100. */
export const COM_PORT = {
  SIGNATURE: 0,
  SET_BAUDRATE: 1,
  SET_DATASIZE: 2,
  SET_PARITY: 3,
  SET_STOPSIZE: 4,
  SET_CONTROL: 5,
  FLOWCONTROL_SUSPEND: 8,
  FLOWCONTROL_RESUME: 9,
  SET_LINESTATE_MASK: 10,
  SET_MODEMSTATE_MASK: 11,
  PURGE_DATA: 12,
} as const;
export const FROM_SERVER = 100;

/** Values of SET-CONTROL. */
export const CONTROL = { NO_FLOW_CONTROL: 1, DTR_ON: 8, DTR_OFF: 9, RTS_ON: 11, RTS_OFF: 12 } as const;
/** Values of SET-PARITY, SET-STOPSIZE and PURGE-DATA. */
export const PARITY_NONE = 1;
export const STOP_BITS_ONE = 1;
export const PURGE_RECEIVED = 1;

/** More than any subnegotiation of RFC 2217 needs but a signature text; what is longer is cut. */
const MAX_SUBNEGOTIATION_BYTES = 1024;

export type TelnetEvent =
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'option'; readonly verb: TelnetVerb; readonly option: number }
  | { readonly type: 'subnegotiation'; readonly option: number; readonly payload: Uint8Array };

/** Data as it goes over the wire: every 255 doubled. */
export function escapeData(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === TELNET.IAC) extra++;
  if (extra === 0) return bytes;
  const escaped = new Uint8Array(bytes.length + extra);
  let end = 0;
  for (const byte of bytes) {
    escaped[end++] = byte;
    if (byte === TELNET.IAC) escaped[end++] = byte;
  }
  return escaped;
}

export const encodeOption = (verb: TelnetVerb, option: number): Uint8Array =>
  Uint8Array.of(TELNET.IAC, verb, option);

/** A COM-PORT-OPTION command with its value. */
export function encodeComPort(command: number, value: Uint8Array | readonly number[]): Uint8Array {
  const payload = escapeData(Uint8Array.from(value));
  return Uint8Array.of(TELNET.IAC, TELNET.SB, OPTION.COM_PORT, command, ...payload, TELNET.IAC, TELNET.SE);
}

/** SET-BAUDRATE carries the rate as four bytes, the highest first. */
export function encodeBaudRate(baudRate: number): Uint8Array {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, baudRate);
  return encodeComPort(COM_PORT.SET_BAUDRATE, value);
}

export function decodeBaudRate(value: Uint8Array): number | undefined {
  if (value.length !== 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.length).getUint32(0);
}

type State = 'data' | 'iac' | 'verb' | 'subOption' | 'sub' | 'subIac';

/** Takes the stream of a server apart, wherever it is split. */
export class TelnetDecoder {
  #state: State = 'data';
  #verb: TelnetVerb = TELNET.WILL;
  #option = 0;
  #payload: number[] = [];

  /** Events of this chunk, in order; neighbouring data is one event. The arrays are the caller's. */
  decode(chunk: Uint8Array): TelnetEvent[] {
    const events: TelnetEvent[] = [];
    const data = new Uint8Array(chunk.length);
    let start = 0;
    let end = 0;
    const emit = (event: TelnetEvent) => {
      if (end > start) events.push({ type: 'data', bytes: data.slice(start, end) });
      start = end;
      events.push(event);
    };
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      switch (this.#state) {
        case 'data': {
          // Up to the next IAC in one go: a flash is read through here.
          const next = chunk.indexOf(TELNET.IAC, at);
          const run = chunk.subarray(at, next === -1 ? chunk.length : next);
          data.set(run, end);
          end += run.length;
          at += run.length;
          if (next !== -1) this.#state = 'iac';
          break;
        }
        case 'iac':
          if (byte === TELNET.IAC) data[end++] = byte;
          this.#state = this.#afterIac(byte);
          break;
        case 'verb':
          emit({ type: 'option', verb: this.#verb, option: byte });
          this.#state = 'data';
          break;
        case 'subOption':
          this.#option = byte;
          this.#payload = [];
          this.#state = 'sub';
          break;
        case 'sub':
          if (byte === TELNET.IAC) this.#state = 'subIac';
          else this.#addToPayload(byte);
          break;
        case 'subIac':
          if (byte === TELNET.SE) {
            emit({ type: 'subnegotiation', option: this.#option, payload: Uint8Array.from(this.#payload) });
            this.#state = 'data';
          } else {
            this.#addToPayload(byte);
            this.#state = 'sub';
          }
          break;
      }
    }
    if (end > start) events.push({ type: 'data', bytes: data.slice(start, end) });
    return events;
  }

  #afterIac(byte: number): State {
    if (byte === TELNET.SB) return 'subOption';
    if (isVerb(byte)) {
      this.#verb = byte;
      return 'verb';
    }
    // 255 is data; NOP, AYT and the like mean nothing to a serial link.
    return 'data';
  }

  #addToPayload(byte: number): void {
    if (this.#payload.length < MAX_SUBNEGOTIATION_BYTES) this.#payload.push(byte);
  }
}

const isVerb = (byte: number): byte is TelnetVerb => byte >= TELNET.WILL && byte <= TELNET.DONT;
