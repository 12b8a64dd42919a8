import { throwIfAborted } from '../../core/abort.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';
import { Capture } from './capture.ts';
import { Conversation } from './conversation.ts';
import { CODE_OF_FINDING, diagnose } from './diagnose.ts';
import { detectChip, readIdentity } from './identify.ts';
import type { EspLoader } from './loader.ts';
import { applyReset, ENTER_LOADER, ENTER_LOADER_USB_JTAG } from './reset.ts';
import { LoaderSession, type SessionSetup } from './session.ts';
import { syncOnce, syncRepeatedly } from './sync.ts';
import { TIMEOUT } from './timeouts.ts';
import type { ContactOptions, LineFinding, LoaderMode } from './types.ts';

const ROM_BAUD = 115_200;
/** ESP8266 ROM text with the usual 26 MHz crystal. */
const ESP8266_ROM_BAUD = 74_880;
/** One SYNC of a patient contact, with the time it listens for an answer, ms. */
const PATIENT_PERIOD_MS = 150;
/** SYNCs after each reset by the lines (esptool's number). */
const SYNCS_PER_RESET = 5;
/** Every fourth SYNC of a patient contact turns the framing of a deaf stub round (see `sync.ts`). */
const FLIP_EVERY = 4;
/** Other rates are looked at early, for a stub left running, and then now and again: they deafen us for boot text. */
const FIRST_SCAN = 2;
const SCAN_EVERY = 40;
/** While only garbage is heard, this many SYNCs at one rate, then as many at 74880, for the next boot text. */
const GARBAGE_TURN = 14;
const HEARD_LIMIT = 8192;
/** Also heard from a unit that is about to answer: only worth a word when SYNC after SYNC brings nothing. */
const PASSING: ReadonlySet<LineFinding['kind']> = new Set(['download-deaf', 'garbage', 'loader-fell-silent']);
const PASSING_ATTEMPTS = 4;

/**
 * Enters (or finds) the loader and reads the identity. Throws NOTHING_HEARD, GPIO0_HIGH, HOST_TX_NOT_HEARD,
 * GARBAGE_HEARD, BOOT_LOOP_HEARD, LOADER_SILENT when `limitMs` ends; UNKNOWN_CHIP, NO_IDENTITY, SECURE_DOWNLOAD, NO_CONTROL_LINES, LINK_LOST;
 * and the signal's reason.
 */
export async function contactLoader(port: SerialPort, options: ContactOptions): Promise<EspLoader> {
  const contact = new Contact(port, options);
  try {
    return await contact.run();
  } catch (error) {
    contact.talk.channel.close();
    throw error;
  } finally {
    contact.stopListening();
  }
}

class Contact {
  readonly talk: Conversation;
  readonly stopListening: () => void;
  readonly #port: SerialPort;
  readonly #options: ContactOptions;
  readonly #baudRates: readonly number[];
  readonly #giveUpAt: number;
  /** What was heard, by the rate it was heard at. */
  readonly #heard = new Map<number, Capture>();
  #heardSomethingNew = false;
  #finding: LineFinding = diagnose(new Uint8Array(0), { baudRate: ROM_BAUD });
  #attempt = 0;
  /** Attempt at which the present finding was first made, and not yet reported. */
  #unreportedSince: number | undefined;

  constructor(port: SerialPort, options: ContactOptions) {
    this.#port = port;
    this.#options = options;
    this.#baudRates = options.baudRates ?? [ROM_BAUD];
    this.#giveUpAt = options.clock.monotonicMs() + (options.limitMs ?? Infinity);
    this.talk = new Conversation(port, options.clock);
    this.stopListening = port.onData((bytes) => this.#onBytes(bytes));
  }

  async run(): Promise<EspLoader> {
    await this.#atRate(this.#baudRates[0] ?? ROM_BAUD);
    for (;;) {
      throwIfAborted(this.#options.signal);
      const mode = this.#options.resetBy === 'lines' ? await this.#tryLines() : await this.#tryPatiently();
      this.#attempt++;
      if (mode != null) {
        const loader = await this.#settle(mode);
        if (loader != null) return loader;
      }
      this.#judge();
      if (this.#options.clock.monotonicMs() >= this.#giveUpAt) throw this.#givenUp();
    }
  }

  async #tryLines(): Promise<LoaderMode | undefined> {
    const { clock, signal, usbJtag } = this.#options;
    const strategies = usbJtag === true ? ENTER_LOADER_USB_JTAG : ENTER_LOADER;
    await this.#atRate(this.#baudRates[0] ?? ROM_BAUD);
    await this.talk.channel.flush();
    await applyReset(this.#port, clock, strategies[this.#attempt % strategies.length]!, signal);
    return syncRepeatedly(this.talk.channel, { tries: SYNCS_PER_RESET, signal });
  }

  async #tryPatiently(): Promise<LoaderMode | undefined> {
    const [base = ROM_BAUD, ...others] = this.#baudRates;
    const isScan = this.#attempt === FIRST_SCAN || this.#attempt % SCAN_EVERY === SCAN_EVERY - 1;
    if (isScan && this.#port.hasBaudRate)
      for (const baudRate of others) {
        await this.#atRate(baudRate);
        const mode = (await this.#syncHere(false)) ?? (await this.#syncHere(true));
        if (mode != null) return mode;
      }
    await this.#atRate(this.#listensForEsp8266Text() ? ESP8266_ROM_BAUD : base);
    return this.#syncHere(this.#attempt % FLIP_EVERY === FLIP_EVERY - 1);
  }

  #syncHere(flip: boolean): Promise<LoaderMode | undefined> {
    const { signal } = this.#options;
    return syncOnce(this.talk.channel, { timeoutMs: PATIENT_PERIOD_MS, signal, flip });
  }

  /** The ROM of an ESP8266 takes SYNC at any rate, so nothing is missed meanwhile. */
  #listensForEsp8266Text(): boolean {
    if (!this.#port.hasBaudRate || this.#finding.kind !== 'garbage') return false;
    return Math.floor(this.#attempt / GARBAGE_TURN) % 2 === 1;
  }

  /** Reads who answered. Undefined when it fell silent again at once (power bounces): the contact goes on. */
  async #settle(mode: LoaderMode): Promise<EspLoader | undefined> {
    const { talk } = this;
    talk.mode = mode;
    try {
      const chip = await detectChip(talk);
      const identity = await readIdentity(talk, chip);
      const log = this.#options.log ?? (() => {});
      log(
        'info',
        `${identity.description}, MAC ${identity.mac}, answers at ${this.#port.baudRate} baud (${mode}).`,
      );
      return new LoaderSession({
        talk,
        chip,
        identity,
        baudRates: this.#baudRates,
        ...this.#waysBack(),
        log,
      });
    } catch (error) {
      if (!isBenchError(error, 'LOADER_SILENT', 'LOADER_REFUSED', 'BYTES_DAMAGED')) throw error;
      return undefined;
    }
  }

  #waysBack(): Pick<SessionSetup, 'resetIntoRom' | 'waitForPowerCycle'> {
    const options = this.#options;
    if (options.resetBy === 'lines') return { resetIntoRom: () => this.#resetIntoRom() };
    if (options.askPowerCycle == null) return {};
    return {
      waitForPowerCycle: async (why) => {
        const taken = options.askPowerCycle?.(why);
        try {
          return await this.#waitForRom();
        } finally {
          taken?.();
        }
      },
    };
  }

  async #waitForRom(): Promise<LoaderMode> {
    await this.#atRate(this.#baudRates[0] ?? ROM_BAUD);
    for (;;) {
      throwIfAborted(this.#options.signal);
      const mode = await this.#syncHere(false);
      if (mode != null) return mode;
    }
  }

  async #resetIntoRom(): Promise<LoaderMode | undefined> {
    for (let attempt = 0; attempt < ENTER_LOADER.length; attempt++) {
      this.#attempt = attempt;
      const mode = await this.#tryLines();
      if (mode != null) return mode;
    }
    return undefined;
  }

  async #atRate(baudRate: number): Promise<void> {
    if (!this.#port.hasBaudRate || this.#port.baudRate === baudRate) return;
    await this.#port.setBaudRate(baudRate);
    await this.#options.clock.sleep(TIMEOUT.afterBaudChange, this.#options.signal);
  }

  #onBytes(bytes: Uint8Array): void {
    const { baudRate } = this.#port;
    let capture = this.#heard.get(baudRate);
    if (capture == null) this.#heard.set(baudRate, (capture = new Capture(HEARD_LIMIT)));
    capture.add(bytes);
    this.#heardSomethingNew = true;
  }

  #judge(): void {
    if (this.#heardSomethingNew) {
      this.#heardSomethingNew = false;
      const finding = this.#diagnose();
      const isNews = finding.kind !== this.#finding.kind || finding.message !== this.#finding.message;
      this.#finding = finding;
      if (isNews) this.#unreportedSince = this.#attempt;
    }
    if (this.#unreportedSince == null) return;
    const mayPass = this.#options.resetBy === 'hands' && PASSING.has(this.#finding.kind);
    if (mayPass && this.#attempt - this.#unreportedSince < PASSING_ATTEMPTS) return;
    this.#unreportedSince = undefined;
    this.#options.onHeard?.(this.#finding);
  }

  /** Text at 74880 explains what is garbage at 115200. */
  #diagnose(): LineFinding {
    const base = this.#baudRates[0] ?? ROM_BAUD;
    const at = (baudRate: number) =>
      diagnose(this.#heard.get(baudRate)?.bytes() ?? new Uint8Array(0), { baudRate });
    const main = at(base);
    if (main.kind !== 'garbage') return main;
    const slow = at(ESP8266_ROM_BAUD);
    return slow.kind === 'nothing' || slow.kind === 'garbage' ? main : slow;
  }

  #givenUp(): BenchError {
    const { kind, message, text } = this.#finding;
    const tail = text.slice(-400);
    return new BenchError(CODE_OF_FINDING[kind], {
      ...(kind === 'echo' && {
        message: `No loader answers: ${message}.`,
        advice: 'Connect adapter TX to unit RX and adapter RX to unit TX.',
      }),
      detail: { heard: kind, ...(tail !== '' && { text: tail }) },
    });
  }
}
