import { encodeOption, OPTION, TELNET, type TelnetVerb } from './rfc2217-codec.ts';

/** Whose behaviour an option is about: ours (WILL, DO) or the server's (DO, WILL). */
export type OptionSide = 'ours' | 'theirs';
export type OptionState = 'off' | 'asked' | 'on' | 'refused';

/** Accepted on either side; a server may ask for them first. */
const ACCEPTED: ReadonlySet<number> = new Set(Object.values(OPTION));

/** An honest server asks for a dozen options; two that never agree would go on for ever. */
const MAX_ANSWERS = 100;

/** Which telnet options are in force. Answers only what changes something (RFC 1143), so that it ends. */
export class TelnetOptions {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #states = new Map<string, OptionState>();
  #answers = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  state(side: OptionSide, option: number): OptionState {
    return this.#states.get(`${side} ${option}`) ?? 'off';
  }

  ask(side: OptionSide, option: number): void {
    this.#set(side, option, 'asked');
    this.#send(encodeOption(side === 'ours' ? TELNET.WILL : TELNET.DO, option));
  }

  /** Takes what the server said. Throws when it does not come to an end. */
  receive(verb: TelnetVerb, option: number): void {
    const side: OptionSide = verb === TELNET.DO || verb === TELNET.DONT ? 'ours' : 'theirs';
    const wanted = verb === TELNET.DO || verb === TELNET.WILL;
    const state = this.state(side, option);
    if (!wanted) {
      this.#set(side, option, state === 'asked' ? 'refused' : 'off');
      if (state === 'on') this.#answer(side, option, false);
      return;
    }
    if (state === 'on') return;
    const accepted = ACCEPTED.has(option);
    if (accepted) this.#set(side, option, 'on');
    if (state !== 'asked') this.#answer(side, option, accepted);
  }

  #set(side: OptionSide, option: number, state: OptionState): void {
    this.#states.set(`${side} ${option}`, state);
  }

  #answer(side: OptionSide, option: number, yes: boolean): void {
    if (++this.#answers > MAX_ANSWERS) throw new Error('the server negotiates telnet options without end');
    const verbs = side === 'ours' ? [TELNET.WILL, TELNET.WONT] : [TELNET.DO, TELNET.DONT];
    this.#send(encodeOption((yes ? verbs[0] : verbs[1]) as TelnetVerb, option));
  }
}
