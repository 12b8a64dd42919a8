import type { Socket } from 'node:net';
import type { Slot } from '../serial/slot.ts';
import { unitWriter } from './raw-connection.ts';
import { DO, DONT, escapeTelnet, IAC, subnegotiation, TelnetDecoder, WILL, WONT } from './telnet-decoder.ts';

/** Telnet options. */
const BINARY = 0;
const ECHO = 1;
const SUPPRESS_GO_AHEAD = 3;
const COM_PORT = 44;

/** COM-PORT-OPTION commands of the client; the server answers with the same number plus 100 (RFC 2217). */
const SIGNATURE = 0;
const SET_BAUDRATE = 1;
const SET_DATASIZE = 2;
const SET_PARITY = 3;
const SET_STOPSIZE = 4;
const SET_CONTROL = 5;
const NOTIFY_MODEMSTATE = 7;
const FLOWCONTROL_SUSPEND = 8;
const FLOWCONTROL_RESUME = 9;
const SET_LINESTATE_MASK = 10;
const SET_MODEMSTATE_MASK = 11;
const PURGE_DATA = 12;
const SERVER_OFFSET = 100;

/** Values of SET-CONTROL. */
const CONTROL = {
  flowAsk: 0,
  flowNone: 1,
  breakAsk: 4,
  breakOff: 6,
  dtrAsk: 7,
  dtrOn: 8,
  dtrOff: 9,
  rtsAsk: 10,
  rtsOn: 11,
  rtsOff: 12,
  inboundAsk: 13,
  inboundNone: 14,
} as const;

/** Modem state: CTS, DSR and carrier are there. */
const MODEM_STATE = 0xb0;
const OFFERED: ReadonlySet<number> = new Set([BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT]);
const WANTED: ReadonlySet<number> = new Set([BINARY, SUPPRESS_GO_AHEAD, COM_PORT]);

/** The server's side of RFC 2217 for one client: rate, lines and purge reach the slot. */
export function serveRfc2217Connection(socket: Socket, slot: Slot): (bytes: Uint8Array) => void {
  const write = unitWriter(socket, slot);
  const settled = new Map<string, boolean>();
  const asked: Uint8Array[] = [];
  let lines = { dtr: false, rts: false };
  let held: Uint8Array[] | undefined;
  let toldModemState = false;

  const negotiate = (verb: number, option: number) => {
    // Each state of an option is confirmed once, or two sides would confirm each other for ever.
    const key = `${verb === DO || verb === DONT ? 'us' : 'them'} ${option}`;
    const on = (verb === DO && OFFERED.has(option)) || (verb === WILL && WANTED.has(option));
    if (settled.get(key) === on) return;
    settled.set(key, on);
    const answer = verb === DO || verb === DONT ? (on ? WILL : WONT) : on ? DO : DONT;
    socket.write(Uint8Array.of(IAC, answer, option));
  };
  const confirm = (command: number, content: Uint8Array) =>
    socket.write(subnegotiation(COM_PORT, Uint8Array.of(command + SERVER_OFFSET, ...content)));

  const setLines = (change: Partial<typeof lines>) => {
    lines = { ...lines, ...change };
    slot.setLines(lines);
  };
  const control = (value: number): number => {
    switch (value) {
      case CONTROL.dtrOn:
      case CONTROL.dtrOff:
        setLines({ dtr: value === CONTROL.dtrOn });
        return value;
      case CONTROL.rtsOn:
      case CONTROL.rtsOff:
        setLines({ rts: value === CONTROL.rtsOn });
        return value;
      case CONTROL.dtrAsk:
        return lines.dtr ? CONTROL.dtrOn : CONTROL.dtrOff;
      case CONTROL.rtsAsk:
        return lines.rts ? CONTROL.rtsOn : CONTROL.rtsOff;
      case CONTROL.flowAsk:
        return CONTROL.flowNone;
      case CONTROL.breakAsk:
        return CONTROL.breakOff;
      case CONTROL.inboundAsk:
        return CONTROL.inboundNone;
      default:
        return value;
    }
  };

  const command = (content: Uint8Array) => {
    const [option, number, value = 0] = content;
    if (option !== COM_PORT || number == null) return;
    if (!toldModemState) {
      // Without a first word on its lines pyserial takes a server for one that knows of none. Not before it uses
      // the option: when our offer comes first, it takes that for the answer to a WILL that it then never sends.
      toldModemState = true;
      confirm(NOTIFY_MODEMSTATE, Uint8Array.of(MODEM_STATE));
    }
    switch (number) {
      case SIGNATURE:
        if (content.length === 2) confirm(SIGNATURE, new TextEncoder().encode('benchflash virtual device'));
        break;
      case SET_BAUDRATE: {
        const wanted = new DataView(content.buffer, content.byteOffset + 2, content.length - 2);
        const rate = content.length >= 6 ? wanted.getUint32(0) : 0;
        if (rate > 0) slot.wire.hostBaud = rate;
        const answer = new DataView(new ArrayBuffer(4));
        answer.setUint32(0, slot.wire.hostBaud ?? 0);
        confirm(SET_BAUDRATE, new Uint8Array(answer.buffer));
        break;
      }
      case SET_DATASIZE:
        confirm(number, Uint8Array.of(value === 0 ? 8 : value));
        break;
      case SET_PARITY:
      case SET_STOPSIZE:
        confirm(number, Uint8Array.of(value === 0 ? 1 : value));
        break;
      case SET_CONTROL:
        confirm(number, Uint8Array.of(control(value)));
        break;
      case FLOWCONTROL_SUSPEND:
        held ??= [];
        break;
      case FLOWCONTROL_RESUME:
        for (const bytes of held ?? []) socket.write(bytes);
        held = undefined;
        break;
      case SET_MODEMSTATE_MASK:
        confirm(number, Uint8Array.of(value));
        confirm(NOTIFY_MODEMSTATE, Uint8Array.of(MODEM_STATE));
        break;
      // Not in the RFC; pyserial asks so when it is told to poll.
      case NOTIFY_MODEMSTATE:
        confirm(number, Uint8Array.of(MODEM_STATE));
        break;
      case SET_LINESTATE_MASK:
        confirm(number, Uint8Array.of(value));
        break;
      case PURGE_DATA:
        if (value & 1) slot.wire.flushInput();
        confirm(number, Uint8Array.of(value));
        break;
      default:
        break;
    }
  };

  const decoder = new TelnetDecoder({ data: write, negotiation: negotiate, subnegotiation: command });
  socket.on('data', (bytes) => decoder.push(bytes));
  for (const option of OFFERED) {
    settled.set(`us ${option}`, true);
    asked.push(Uint8Array.of(IAC, WILL, option));
  }
  for (const option of WANTED) {
    settled.set(`them ${option}`, true);
    asked.push(Uint8Array.of(IAC, DO, option));
  }
  for (const bytes of asked) socket.write(bytes);

  return (bytes) => {
    const escaped = escapeTelnet(bytes);
    if (held) held.push(escaped);
    else socket.write(escaped);
  };
}
