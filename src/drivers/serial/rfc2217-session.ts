import { concatUint8Arrays } from 'uint8array-extras';
import { COM_PORT, encodeComPort, FROM_SERVER, OPTION, TelnetDecoder } from './rfc2217-codec.ts';
import type { TcpLink } from './tcp-link.ts';
import { TelnetOptions } from './telnet-options.ts';

/** The client's half of an RFC 2217 connection: options, commands and the answers that confirm them. */
export class Rfc2217Session {
  readonly #tcp: TcpLink;
  readonly #decoder = new TelnetDecoder();
  readonly #options: TelnetOptions;
  readonly #awaited = new Set<(command: number, value: Uint8Array) => void>();
  #optionChanged: () => void = () => undefined;
  #resume: (() => void) | undefined;
  #resumed: Promise<void> = Promise.resolve();
  #sawTelnet = false;
  #deaf = false;

  constructor(tcp: TcpLink) {
    this.#tcp = tcp;
    this.#options = new TelnetOptions((bytes) => this.#sendNow(bytes));
    tcp.onReceived((chunk) => this.#received(chunk));
  }

  /**
   * Asks for a clean eight-bit path and for COM-PORT-OPTION. `agreed`: the server sets rate and lines.
   * `refused`: it speaks telnet but cannot. `silent`: it does not speak telnet at all.
   */
  async negotiate(limitMs: number): Promise<'agreed' | 'refused' | 'silent'> {
    for (const option of [OPTION.BINARY, OPTION.SUPPRESS_GO_AHEAD]) {
      this.#options.ask('ours', option);
      this.#options.ask('theirs', option);
    }
    const settled = new Promise<void>((resolve) => {
      this.#optionChanged = () => {
        if (this.#options.state('ours', OPTION.COM_PORT) !== 'asked' || this.#comPortAgreed) resolve();
      };
    });
    this.#options.ask('ours', OPTION.COM_PORT);
    await this.#orLimit(settled, limitMs);
    if (this.#comPortAgreed) return 'agreed';
    return this.#sawTelnet ? 'refused' : 'silent';
  }

  /**
   * Sends commands in one segment and waits for the server's answer to each. An answer is an array of its value's
   * bytes, or undefined where none came within `limitMs`.
   */
  async command(
    commands: readonly { readonly command: number; readonly bytes: Uint8Array; readonly value?: number }[],
    limitMs: number,
  ): Promise<(Uint8Array | undefined)[]> {
    const answers: (Uint8Array | undefined)[] = commands.map(() => undefined);
    let open = commands.length;
    let hear: (command: number, value: Uint8Array) => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      hear = (command, value) => {
        // SET-CONTROL is one command for many things: its answer is known by its value.
        const index = commands.findIndex(
          (sent, i) =>
            answers[i] == null &&
            sent.command + FROM_SERVER === command &&
            (sent.value == null || sent.value === value[0]),
        );
        if (index < 0) return;
        answers[index] = value;
        if (--open === 0) resolve();
      };
    });
    this.#awaited.add(hear);
    try {
      this.#sendNow(concatUint8Arrays(commands.map(({ bytes }) => bytes)));
      await this.#orLimit(all, limitMs);
    } finally {
      this.#awaited.delete(hear);
    }
    return answers;
  }

  /** Sends a command whose answer does not matter. */
  notify(bytes: Uint8Array): void {
    this.#sendNow(bytes);
  }

  /** Resolves when the server takes data (it may have said FLOWCONTROL-SUSPEND). */
  untilResumed(): Promise<void> {
    return this.#resumed;
  }

  /** Drops data from the server until `work` ends. */
  async deafWhile<T>(work: () => Promise<T>): Promise<T> {
    this.#deaf = true;
    try {
      return await work();
    } finally {
      this.#deaf = false;
    }
  }

  #received(chunk: Uint8Array): void {
    for (const event of this.#decoder.decode(chunk)) {
      if (this.#tcp.state.gone) return;
      if (event.type === 'data') {
        if (!this.#deaf) this.#tcp.state.deliver(event.bytes);
        continue;
      }
      this.#sawTelnet = true;
      if (event.type === 'subnegotiation') {
        if (event.option === OPTION.COM_PORT)
          this.#comPort(event.payload[0] ?? -1, event.payload.subarray(1));
        continue;
      }
      try {
        this.#options.receive(event.verb, event.option);
      } catch (error) {
        this.#tcp.lose(error);
        return;
      }
      this.#optionChanged();
    }
  }

  /** Some servers offer the option themselves and do not answer our offer. */
  get #comPortAgreed(): boolean {
    return (['ours', 'theirs'] as const).some((side) => this.#options.state(side, OPTION.COM_PORT) === 'on');
  }

  #comPort(command: number, value: Uint8Array): void {
    switch (command) {
      case COM_PORT.SIGNATURE:
        // Empty, it asks for ours; with a text it is the server's own.
        if (value.length > 0) return;
        return this.#sendNow(encodeComPort(COM_PORT.SIGNATURE, new TextEncoder().encode('benchflash')));
      case COM_PORT.FLOWCONTROL_SUSPEND + FROM_SERVER:
        if (!this.#resume) this.#resumed = new Promise((resolve) => (this.#resume = resolve));
        return;
      case COM_PORT.FLOWCONTROL_RESUME + FROM_SERVER:
        this.#resume?.();
        this.#resume = undefined;
        return;
      default:
        for (const hear of this.#awaited) hear(command, value);
    }
  }

  #sendNow(bytes: Uint8Array): void {
    // What goes wrong with it is the loss of the link, which everyone hears of.
    this.#tcp.send(bytes, Infinity).catch(() => undefined);
  }

  /** Waits for `work`, the limit or the loss of the link, which throws. */
  async #orLimit(work: Promise<void>, limitMs: number): Promise<void> {
    const late = new Error('no answer');
    await this.#tcp.state
      .within(
        limitMs,
        () => late,
        () => work,
      )
      .catch((error: unknown) => {
        if (error !== late) throw error;
      });
  }
}
