import { type Clock, systemClock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { LogSink } from '../../core/log.ts';
import { writeLimitMs } from './link-state.ts';
import type { ControlLines, OpenOptions, SerialPort } from './port.ts';
import {
  COM_PORT,
  CONTROL,
  decodeBaudRate,
  encodeBaudRate,
  encodeComPort,
  escapeData,
  PARITY_NONE,
  PURGE_RECEIVED,
  STOP_BITS_ONE,
} from './rfc2217-codec.ts';
import { Rfc2217Session } from './rfc2217-session.ts';
import { TcpLink } from './tcp-link.ts';

/** Negotiation and rate: a server asks its port and answers in a few ms; pyserial waits 3 s too. */
const ANSWER_LIMIT_MS = 3000;
/** Lines and purge: some servers obey without a word, and a reset must not take seconds. */
const CONFIRM_LIMIT_MS = 1000;
/** What such a server gets to carry the order out, ms. */
const UNCONFIRMED_PAUSE_MS = 100;
/** How far the server's real rate may be off. */
const MAX_RATE_ERROR = 0.03;

/**
 * Opens `rfc2217://host:port`: a serial port of another computer with its rate and lines (RFC 2217). With a telnet
 * server that does not do that option the port works with neither (`hasBaudRate`, `hasControlLines` false; the log
 * says so); one that does not speak telnet is LINK_REFUSED, because it would take the negotiation for data.
 */
export async function openRfc2217Port(
  link: string,
  options: OpenOptions & { readonly clock?: Clock; readonly log?: LogSink },
): Promise<SerialPort> {
  const clock = options.clock ?? systemClock;
  const tcp = await TcpLink.open(link, clock, options.signal);
  const onAbort = () => void tcp.close();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const session = new Rfc2217Session(tcp);
    const answer = await session.negotiate(ANSWER_LIMIT_MS);
    if (answer === 'silent') throw notTelnet(link);
    if (answer === 'refused') {
      options.log?.(
        'warn',
        `${link}: the server speaks telnet but not RFC 2217, so the baud rate is what it was set to there, and DTR and RTS cannot be moved.`,
      );
    }
    const port = new Rfc2217Port(tcp, session, {
      clock,
      log: options.log ?? (() => undefined),
      baudRate: options.baudRate,
      comPort: answer === 'agreed',
    });
    if (port.hasBaudRate) await port.configure();
    options.signal?.throwIfAborted();
    return port;
  } catch (error) {
    await tcp.close();
    if (options.signal?.aborted) throw options.signal.reason;
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

class Rfc2217Port implements SerialPort {
  readonly link: string;
  readonly hasControlLines: boolean;
  readonly hasBaudRate: boolean;
  readonly unsentBytes = Infinity;
  readonly #tcp: TcpLink;
  readonly #session: Rfc2217Session;
  readonly #clock: Clock;
  readonly #log: LogSink;
  #baudRate: number;
  #confirmsLines = true;
  #confirmsPurge = true;

  constructor(
    tcp: TcpLink,
    session: Rfc2217Session,
    facts: { clock: Clock; log: LogSink; baudRate: number; comPort: boolean },
  ) {
    this.#tcp = tcp;
    this.#session = session;
    this.#clock = facts.clock;
    this.#log = facts.log;
    this.#baudRate = facts.baudRate;
    this.link = tcp.link;
    this.hasControlLines = facts.comPort;
    this.hasBaudRate = facts.comPort;
  }

  get baudRate(): number {
    return this.#baudRate;
  }
  get lostBecause(): Error | undefined {
    return this.#tcp.state.lostBecause;
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    return this.#tcp.state.onData(listener);
  }
  onLost(listener: (error: Error) => void): () => void {
    return this.#tcp.state.onLost(listener);
  }
  rest(ms: number): void {
    this.#tcp.rest(ms);
  }

  /** Rate, 8N1, no flow control, and no reports of line and modem state. */
  async configure(): Promise<void> {
    const silence = [COM_PORT.SET_LINESTATE_MASK, COM_PORT.SET_MODEMSTATE_MASK];
    for (const command of silence) this.#session.notify(encodeComPort(command, [0]));
    const [rate, ...frame] = await this.#session.command(
      [
        { command: COM_PORT.SET_BAUDRATE, bytes: encodeBaudRate(this.#baudRate) },
        order(COM_PORT.SET_DATASIZE, 8),
        order(COM_PORT.SET_PARITY, PARITY_NONE),
        order(COM_PORT.SET_STOPSIZE, STOP_BITS_ONE),
        order(COM_PORT.SET_CONTROL, CONTROL.NO_FLOW_CONTROL),
      ],
      ANSWER_LIMIT_MS,
    );
    this.#expectRate(this.#baudRate, rate);
    const unconfirmed = frame.filter((answer) => answer == null).length;
    if (unconfirmed > 0)
      this.#log('warn', `${this.link}: the server did not confirm 8N1 without flow control.`);
  }

  write(bytes: Uint8Array): Promise<void> {
    const { state } = this.#tcp;
    return state.inTurn(async () => {
      await state.within(
        writeLimitMs(bytes.length, this.#baudRate),
        () => new BenchError('WRITE_TIMEOUT', { detail: { link: this.link, bytes: bytes.length } }),
        () => this.#session.untilResumed(),
      );
      await this.#tcp.send(escapeData(bytes), this.#baudRate);
    });
  }

  setBaudRate(baudRate: number): Promise<void> {
    return this.#tcp.state.inTurn(async () => {
      if (this.#tcp.state.gone) throw this.#tcp.state.goneError();
      if (this.hasBaudRate) {
        const [answer] = await this.#session.command(
          [{ command: COM_PORT.SET_BAUDRATE, bytes: encodeBaudRate(baudRate) }],
          ANSWER_LIMIT_MS,
        );
        try {
          this.#expectRate(baudRate, answer);
        } catch (error) {
          this.#session.notify(encodeBaudRate(this.#baudRate));
          throw error;
        }
      }
      this.#baudRate = baudRate;
    });
  }

  async setLines({ dtr, rts }: ControlLines): Promise<void> {
    if (this.#tcp.state.gone) throw this.#tcp.state.goneError();
    if (!this.hasControlLines) throw new BenchError('NO_CONTROL_LINES', { detail: { link: this.link } });
    const orders = [
      order(COM_PORT.SET_CONTROL, dtr ? CONTROL.DTR_ON : CONTROL.DTR_OFF),
      order(COM_PORT.SET_CONTROL, rts ? CONTROL.RTS_ON : CONTROL.RTS_OFF),
    ];
    if (!this.#confirmsLines) {
      for (const { bytes } of orders) this.#session.notify(bytes);
      await this.#clock.sleep(UNCONFIRMED_PAUSE_MS);
      return;
    }
    const answers = await this.#session.command(orders, CONFIRM_LIMIT_MS);
    if (answers.every((answer) => answer != null)) return;
    this.#confirmsLines = false;
    this.#log(
      'warn',
      `${this.link}: the server does not confirm DTR and RTS; whether they move shows only at the unit.`,
    );
  }

  flushInput(): Promise<void> {
    return this.#tcp.state.inTurn(async () => {
      if (this.#tcp.state.gone) throw this.#tcp.state.goneError();
      this.#tcp.state.dropUnheard();
      if (!this.hasBaudRate) return;
      const purge = order(COM_PORT.PURGE_DATA, PURGE_RECEIVED);
      if (!this.#confirmsPurge) return this.#session.notify(purge.bytes);
      // What comes before the confirmation left the far port before the purge.
      const [answer] = await this.#session.deafWhile(() => this.#session.command([purge], CONFIRM_LIMIT_MS));
      this.#confirmsPurge = answer != null;
    });
  }

  close(): Promise<void> {
    return this.#tcp.close();
  }

  #expectRate(asked: number, answer: Uint8Array | undefined): void {
    const real = answer && decodeBaudRate(answer);
    if (real != null && Math.abs(real - asked) <= asked * MAX_RATE_ERROR) return;
    const but = real == null ? 'its server does not confirm it' : `its server stays at ${real}`;
    throw new BenchError('BAUD_REFUSED', {
      message: `${this.link} does not take ${asked} baud: ${but}.`,
      detail: { link: this.link, baudRate: asked, ...(real != null && { real }) },
    });
  }
}

const order = (command: number, value: number) => ({
  command,
  value,
  bytes: encodeComPort(command, [value]),
});

const notTelnet = (link: string) =>
  new BenchError('LINK_REFUSED', {
    message: `${link} took the connection but does not answer as an RFC 2217 server does.`,
    advice: `If it carries plain bytes, use ${link.replace('rfc2217:', 'socket:')}; otherwise check the port number.`,
    detail: { link },
  });
