import { throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { LogSink } from '../../core/log.ts';
import { deviceText } from '../../core/text.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';
import { isUnknownCommand } from './answers.ts';
import { refuseDangerous, type WritableFlash } from './guard.ts';
import { promptAtEnd, recognise, type Heard } from './heard.ts';
import { Inbox } from './inbox.ts';

/** Any byte stops the countdown; ESC, which others send, begins an escape sequence in the line editor. */
const SPACE = Uint8Array.of(0x20);
const SPACE_EVERY_MS = 40;
const CTRL_C = Uint8Array.of(3);
const ENTER = '\r';
/** Echo of a command, and the prompt after Ctrl-C. */
const ECHO_MS = 2_000;
const SENDINGS = 4;
/** Silence after which a command counts as unanswered: `sf read` of 11 MB says nothing for about 10 s. */
const QUIET_MS = 60_000;
/** The end of an answer is looked for in so many characters. */
const TAIL = 64;
const LOGGED_CHARACTERS = 400;
/** Of a start; `version` prints a banner without SPL. */
const STARTED = /U-Boot SPL 20|Hit any key to stop autoboot/;
/** An SPL that is followed by nothing for this long has nothing to follow. */
const SPL_STANDS_MS = 15_000;

export interface ConsoleOptions {
  readonly port: SerialPort;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly writable: WritableFlash;
}

export interface CatchOptions {
  readonly signal: AbortSignal;
  /** Missing: as long as it takes. */
  readonly limitMs?: number;
  /** What is heard, whenever it changes. */
  readonly onHeard?: (heard: Heard) => void;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly quietMs?: number;
  /** The answer so far. */
  readonly onText?: (text: string) => void;
  /** Long answers of bytes are no reading for people. */
  readonly isLogged?: boolean;
}

/** The U-Boot console on a serial port: from the countdown on, one command at a time. */
export class UbootConsole {
  readonly port: SerialPort;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly inbox: Inbox;
  readonly #writable: WritableFlash;
  #prompt: string | undefined;
  #tokens = 0;

  constructor({ port, clock, log, writable }: ConsoleOptions) {
    this.port = port;
    this.clock = clock;
    this.log = log;
    this.#writable = writable;
    this.inbox = new Inbox(port, clock);
  }

  /** True once the prompt has answered and no reset was sent since. */
  get isAtPrompt(): boolean {
    return this.#prompt !== undefined;
  }

  /**
   * Sends spaces and listens until U-Boot stands at its prompt; call it before the power comes. Returns what was heard:
   * of the kind `prompt` or `no-kernel` (then the prompt is ours), else what stood when the time was over.
   */
  async catchPrompt({ signal, limitMs, onHeard }: CatchOptions): Promise<Heard> {
    throwIfAborted(signal);
    this.#prompt = undefined;
    let said = '';
    let splMs: number | undefined;
    const untilMs = limitMs === undefined ? Infinity : this.clock.monotonicMs() + limitMs;
    for (;;) {
      const heard = recognise(this.inbox.text);
      if (`${heard.kind} ${heard.line ?? ''}` !== said) {
        said = `${heard.kind} ${heard.line ?? ''}`;
        onHeard?.(heard);
      }
      if (heard.family !== undefined) {
        this.#prompt = promptAtEnd(this.inbox.text)!;
        if (await this.#settle(signal)) return heard;
        this.#prompt = undefined;
      }
      if (heard.kind !== 'spl-only') splMs = undefined;
      else if (this.clock.monotonicMs() - (splMs ??= this.clock.monotonicMs()) >= SPL_STANDS_MS) return heard;
      if (this.clock.monotonicMs() >= untilMs) return heard;
      await this.port.write(SPACE);
      await this.inbox.wait((text) => (promptAtEnd(text) === undefined ? undefined : true), {
        quietMs: SPACE_EVERY_MS,
        limitMs: SPACE_EVERY_MS,
        signal,
      });
    }
  }

  /**
   * A prompt that waits already, from an earlier session: Ctrl-C brings a new one. Never an empty line: that repeats the
   * last command, which may have been a write.
   */
  async joinPrompt(signal: AbortSignal): Promise<Heard | undefined> {
    throwIfAborted(signal);
    await this.port.write(CTRL_C);
    const prompt = await this.inbox.wait((text) => promptAtEnd(text.slice(-TAIL)), {
      quietMs: ECHO_MS / 2,
      limitMs: ECHO_MS,
      signal,
    });
    if (prompt === undefined) return undefined;
    this.#prompt = prompt;
    if (await this.#settle(signal)) return recognise(prompt);
    this.#prompt = undefined;
    return undefined;
  }

  /**
   * Sends one command and returns what it printed, without echo and prompt. The command is not carried out before its
   * echo has shown that it arrived as it was sent. Where the prompt itself came damaged, U-Boot is asked for another one,
   * and what was heard is the answer. Throws UBOOT_COMMAND_REFUSED, UBOOT_ECHO_DAMAGED, UBOOT_SILENT, and
   * UBOOT_COMMAND_FAILED where U-Boot does not know it.
   */
  async run(command: string, options: RunOptions = {}): Promise<string> {
    await this.begin(command, options.signal);
    const prompt = this.#prompt!;
    const done = await this.inbox.wait(
      (text) => {
        options.onText?.(text);
        return endsWithPrompt(text, prompt) ? text.length : undefined;
      },
      { quietMs: options.quietMs ?? QUIET_MS, signal: options.signal },
    );
    const answer =
      done === undefined
        ? await this.#withoutPrompt(command, options.signal)
        : this.inbox.take(done).slice(0, -prompt.length);
    if (options.isLogged !== false) this.logAnswer(answer);
    if (isUnknownCommand(answer))
      throw new BenchError('UBOOT_COMMAND_FAILED', {
        message: `This U-Boot does not know the command ${command.split(' ')[0]}.`,
        advice: 'Flash with the programmer (dafang-spi) instead.',
      });
    return answer;
  }

  /** Sends one command and returns as soon as it runs: what it says is in the inbox. Throws as `run` does. */
  async begin(command: string, signal?: AbortSignal): Promise<void> {
    refuseDangerous(command, this.#writable);
    if (this.#prompt === undefined) throw new Error('U-Boot is not at its prompt');
    throwIfAborted(signal);
    await this.#type(command);
    this.log('info', `U-Boot: ${command}`);
    await this.port.write(Buffer.from(ENTER, 'latin1'));
    // The line ends with the echo of Enter; what follows is the answer.
    if (command === 'reset') this.#prompt = undefined;
  }

  async #withoutPrompt(command: string, signal: AbortSignal | undefined): Promise<string> {
    this.#refuseRestarted();
    const silent = this.#silent(command);
    const answer = this.inbox.text;
    if (!(await this.#settle(signal, true))) throw silent;
    this.log('warn', 'the prompt of U-Boot came damaged');
    return answer;
  }

  /** Gives up whatever is being typed or sent, and makes sure that the prompt answers. Throws UBOOT_SILENT. */
  async recover(signal?: AbortSignal): Promise<void> {
    this.#refuseRestarted();
    await this.port.write(CTRL_C);
    if (!(await this.#settle(signal, true))) throw this.#silent('Ctrl-C');
  }

  /** Who restarted is at the beginning again, and may be another unit: nothing of what was prepared holds any more. */
  #refuseRestarted(): void {
    if (this.#prompt === undefined || !STARTED.test(this.inbox.text)) return;
    this.#prompt = undefined;
    throw new BenchError('UBOOT_SILENT', { message: 'The camera started anew in the middle of the work.' });
  }

  logAnswer(answer: string): void {
    for (const line of deviceText(Buffer.from(answer, 'latin1')).slice(0, LOGGED_CHARACTERS).split('\n'))
      if (line.trim() !== '') this.log('device', line.trimEnd());
  }

  close(): void {
    this.#prompt = undefined;
    this.inbox.close();
  }

  /** The text of a command, without Enter, until its echo is right. */
  async #type(command: string): Promise<void> {
    const bytes = Buffer.from(command, 'latin1');
    for (let sending = 1; sending <= SENDINGS; sending++) {
      this.inbox.clear();
      await this.port.write(bytes);
      const echo = await this.inbox.wait((text) => (text.length >= command.length ? text : undefined), {
        quietMs: ECHO_MS,
        limitMs: ECHO_MS + command.length * 10,
      });
      if (echo === command) {
        this.inbox.clear();
        return;
      }
      this.log('warn', `a command did not arrive as it was sent; sent again (${sending})`);
      await this.recover();
    }
    throw new BenchError('UBOOT_ECHO_DAMAGED');
  }

  /** Ctrl-C, then a word of ours that must come back: whatever was said before it is over then. */
  async #settle(signal: AbortSignal | undefined, isSure = false): Promise<boolean> {
    const prompt = this.#prompt;
    if (prompt === undefined) return false;
    for (let attempt = 0; attempt < SENDINGS; attempt++) {
      await this.port.write(CTRL_C);
      await this.inbox.wait(() => undefined, { quietMs: SETTLE_MS, limitMs: ECHO_MS, signal });
      if (isSure) this.#refuseRestarted();
      this.inbox.clear();
      const token = `benchflash ${++this.#tokens}`;
      await this.port.write(Buffer.from(`echo ${token}${ENTER}`, 'latin1'));
      const answered = await this.inbox.wait(
        (text) =>
          endsWithPrompt(text, prompt) && new RegExp(`[\\r\\n]${token}[\\r\\n]`).test(text)
            ? true
            : undefined,
        { quietMs: ECHO_MS, limitMs: ECHO_MS, signal },
      );
      if (answered === true) {
        this.inbox.clear();
        return true;
      }
    }
    return false;
  }

  #silent(command: string): BenchError {
    const heard = recognise(this.inbox.text);
    return new BenchError('UBOOT_SILENT', {
      message: `U-Boot did not come back to its prompt after: ${command.slice(0, 60)}.${heard.line === undefined ? '' : ` Heard instead: ${deviceText(Buffer.from(heard.line, 'latin1'))}.`}`,
    });
  }
}

/** So long nothing comes once U-Boot has taken Ctrl-C and what was typed before it. */
const SETTLE_MS = 100;

function endsWithPrompt(text: string, prompt: string): boolean {
  if (!text.endsWith(prompt)) return false;
  const before = text[text.length - prompt.length - 1];
  return before === undefined || before === '\n' || before === '\r';
}
