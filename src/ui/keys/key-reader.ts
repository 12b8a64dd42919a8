import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../core/clock.ts';

export type InputEvent =
  /** `name`: a printable character as it is, or one of the named keys below. */
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'paste'; readonly text: string }
  /**
   * A bar-code scanner, which types like a very fast person, or a paste in a terminal that does not mark pastes.
   * `ended`: Enter or Tab came right behind it, as most scanners send it.
   */
  | { readonly kind: 'scan'; readonly text: string; readonly ended: boolean };

/** Characters closer together than this come from a scanner, ms (gemini-cli found 30 good). */
export const SCAN_GAP_MS = 30;
/** Shorter bursts are quick fingers. */
export const SCAN_LEAST_CHARACTERS = 4;
/** Lumped together on a slow line these are still keys, and do no harm. */
const ONLY_MOVES = /^[jkgG]+$/;
/** A paste whose end was lost is taken as it is after this, ms: the keyboard must not stay dead. */
const PASTE_LIMIT_MS = 1000;

const PASTE_BEGIN = '\u001b[200~';
const PASTE_END = '\u001b[201~';

/** xterm, VT220, rxvt and Linux console forms of the keys the screens use. */
const SEQUENCES: Readonly<Record<string, string>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[4~': 'end',
  '[7~': 'home',
  '[8~': 'end',
  '[5~': 'pageup',
  '[6~': 'pagedown',
  '[3~': 'delete',
  '[Z': 'shift-tab',
};

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0001': 'ctrl-a',
  '\u0003': 'ctrl-c',
  '\u0005': 'ctrl-e',
  '\u000b': 'ctrl-k',
  '\f': 'ctrl-l',
  '\u0015': 'ctrl-u',
  '\u0017': 'ctrl-w',
  '\u001a': 'ctrl-z',
};

// eslint-disable-next-line no-control-regex -- escape sequences begin with ESC
const SEQUENCE = /^\u001b(\[[0-9;?]*[ -/]*[@-~]|O[ -~])/;
// eslint-disable-next-line no-control-regex -- the beginning of one that is not whole yet
const UNFINISHED = /^\u001b(\[[0-9;?]*[ -/]*|O)?$/;

/**
 * Turns the bytes of a terminal into keys, pastes and scans. Letters are held back for `SCAN_GAP_MS` until it is
 * clear that no scanner types them, so that a scan never runs hotkeys; with `wantsText` they go through at once.
 */
export class KeyReader {
  readonly #clock: Clock;
  readonly #emit: (event: InputEvent) => void;
  readonly #wantsText: () => boolean;
  readonly #decoder = new StringDecoder('utf8');
  /** Input that cannot be told yet: a lone ESC, a paste without its end. */
  #rest = '';
  /** Printable characters held back. */
  #held = '';
  #cancelTimer: () => void = () => {};

  constructor(clock: Clock, emit: (event: InputEvent) => void, wantsText: () => boolean) {
    this.#clock = clock;
    this.#emit = emit;
    this.#wantsText = wantsText;
  }

  feed(bytes: Uint8Array | string): void {
    this.#cancelTimer();
    let input = this.#rest + (typeof bytes === 'string' ? bytes : this.#decoder.write(Buffer.from(bytes)));
    this.#rest = '';
    while (input !== '') input = this.#take(input);
    if (this.#rest.startsWith(PASTE_BEGIN))
      this.#cancelTimer = this.#clock.after(PASTE_LIMIT_MS, () => this.#settle());
    else if (this.#held !== '' || this.#rest !== '')
      this.#cancelTimer = this.#clock.after(SCAN_GAP_MS, () => this.#settle());
  }

  /** Takes one event off the front; returns what is left. */
  #take(input: string): string {
    if (input.startsWith(PASTE_BEGIN)) return this.#takePaste(input);
    if (input.startsWith('\u001b')) {
      const sequence = SEQUENCE.exec(input);
      if (sequence !== null) {
        const name = SEQUENCES[sequence[1] ?? ''];
        this.#releaseHeld();
        if (name !== undefined) this.#emit({ kind: 'key', name });
        return input.slice(sequence[0].length);
      }
      if (UNFINISHED.test(input)) {
        this.#rest = input;
        return '';
      }
      this.#key('escape');
      return input.slice(1);
    }
    const [character = ''] = input;
    const control = CONTROLS[character];
    if (control !== undefined) this.#takeControl(control);
    else if (character >= ' ') {
      if (this.#wantsText()) this.#emit({ kind: 'key', name: character });
      else this.#held += character;
    }
    return input.slice(character.length);
  }

  #takePaste(input: string): string {
    const end = input.indexOf(PASTE_END);
    if (end < 0) {
      this.#rest = input;
      return '';
    }
    this.#releaseHeld();
    this.#emit({ kind: 'paste', text: input.slice(PASTE_BEGIN.length, end) });
    return input.slice(end + PASTE_END.length);
  }

  #takeControl(name: string): void {
    const endsScan = name === 'enter' || name === 'tab';
    if (endsScan && this.#heldIsScan()) {
      const text = this.#held;
      this.#held = '';
      this.#emit({ kind: 'scan', text, ended: true });
      return;
    }
    this.#key(name);
  }

  #key(name: string): void {
    this.#releaseHeld();
    this.#emit({ kind: 'key', name });
  }

  /** A held-down key repeats one character and quick fingers move the cursor; a label does neither. */
  #heldIsScan(): boolean {
    const held = this.#held;
    return held.length >= SCAN_LEAST_CHARACTERS && new Set(held).size > 1 && !ONLY_MOVES.test(held);
  }

  #releaseHeld(): void {
    const held = this.#held;
    if (held === '') return;
    const scan = this.#heldIsScan();
    this.#held = '';
    if (scan) this.#emit({ kind: 'scan', text: held, ended: false });
    else for (const name of held) this.#emit({ kind: 'key', name });
  }

  /** The line went quiet: what is held is what it looks like; half a sequence is nothing. */
  #settle(): void {
    const rest = this.#rest;
    this.#rest = '';
    this.#releaseHeld();
    if (rest === '\u001b') this.#emit({ kind: 'key', name: 'escape' });
    else if (rest.startsWith(PASTE_BEGIN))
      this.#emit({ kind: 'paste', text: rest.slice(PASTE_BEGIN.length) });
  }
}
