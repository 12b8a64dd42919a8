import type { Readable } from 'node:stream';
import { width } from './text/measure.ts';

/** What the screen writes to: a terminal, or a fake one in tests. */
export interface ScreenOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
  on(event: 'resize' | 'drain' | 'error', listener: (error?: Error) => void): unknown;
  off(event: 'resize' | 'drain' | 'error', listener: (error?: Error) => void): unknown;
}

export type ScreenInput = Readable & { setRawMode?(raw: boolean): unknown };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const ESC = '\u001b';
const ALTERNATE_ON = `${ESC}[?1049h`;
const ALTERNATE_OFF = `${ESC}[?1049l`;
const CURSOR_OFF = `${ESC}[?25l`;
const CURSOR_ON = `${ESC}[?25h`;
const PASTE_ON = `${ESC}[?2004h`;
const PASTE_OFF = `${ESC}[?2004l`;
/** Without wrapping, a glyph that the terminal draws wider than it should cannot push the next rows down. */
const WRAP_OFF = `${ESC}[?7l`;
const WRAP_ON = `${ESC}[?7h`;
/** Synchronized output: the terminal shows the update at once, or ignores the mode. */
const SYNC_BEGIN = `${ESC}[?2026h`;
const SYNC_END = `${ESC}[?2026l`;
const CLEAR = `${ESC}[2J`;
const RESET = `${ESC}[0m`;
const ERASE_TO_END = `${ESC}[K`;
const goTo = (row: number) => `${ESC}[${row + 1};1H`;

// eslint-disable-next-line no-control-regex -- looks are not counted as width
const SGR = /\u001b\[[0-9;]*m/g;

/**
 * The only place that switches terminal modes and moves the cursor. Takes whole frames and writes only the lines
 * that changed. A terminal that is slower than the frames (a serial console, a far ssh) gets the newest one when
 * it is ready again, not every one.
 */
export class Terminal {
  readonly #output: ScreenOutput;
  readonly #input: ScreenInput;
  #active = false;
  #gone = false;
  #shown: readonly string[] = [];
  #frame: readonly string[] = [];
  /** True while the output's buffer is full. */
  #blocked = false;
  #bytesWritten = 0;

  constructor(output: ScreenOutput, input: ScreenInput) {
    this.#output = output;
    this.#input = input;
  }

  /** Characters sent so far, for measurements. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get size(): Size {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  enter(): void {
    if (this.#active) return;
    this.#active = true;
    this.#output.on('drain', this.#onDrain);
    this.#output.on('error', this.#onError);
    this.#input.setRawMode?.(true);
    this.#input.resume();
    this.#send(ALTERNATE_ON + CURSOR_OFF + PASTE_ON + WRAP_OFF + CLEAR);
    this.#shown = [];
    this.#paint();
  }

  /** Gives the terminal back as it was, and says `farewell` there. Idempotent, synchronous: it also runs on the way out of a crash. */
  leave(farewell = ''): void {
    if (!this.#active) return;
    this.#active = false;
    this.#blocked = false;
    this.#send(SYNC_END + RESET + WRAP_ON + PASTE_OFF + ALTERNATE_OFF + CURSOR_ON + farewell);
    this.#output.off('drain', this.#onDrain);
    try {
      this.#input.setRawMode?.(false);
    } catch {
      // A closed terminal has no modes to set.
    }
    this.#input.pause();
  }

  /** Shows the frame; more lines than the terminal has are left out. */
  draw(frame: string): void {
    this.#frame = frame.split('\n');
    this.#paint();
  }

  /** Forgets what is on the screen and draws it all again: after a resize, Ctrl+L, or coming back. */
  redraw(): void {
    if (!this.#active) return;
    this.#send(CLEAR);
    this.#shown = [];
    this.#paint();
  }

  /** After the process was stopped and continued: whoever had the terminal meanwhile left it as they liked. */
  resume(): void {
    if (!this.#active) return this.enter();
    this.#input.setRawMode?.(true);
    this.#send(ALTERNATE_ON + CURSOR_OFF + PASTE_ON + WRAP_OFF);
    this.redraw();
  }

  bell(): void {
    if (this.#active) this.#send('\u0007');
  }

  /** To the clipboard of the terminal (OSC 52); one that does not let programs copy ignores it. */
  copy(text: string): void {
    if (this.#active) this.#send(`${ESC}]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  }

  /** True once the terminal has gone away (closed window, lost ssh). */
  get gone(): boolean {
    return this.#gone;
  }

  #paint(): void {
    if (!this.#active || this.#blocked) return;
    const { columns, rows } = this.size;
    const next = this.#frame.slice(0, rows);
    let changes = '';
    for (let row = 0; row < Math.max(next.length, this.#shown.length); row++) {
      const text = next[row] ?? '';
      if (text === (this.#shown[row] ?? '') || row >= rows) continue;
      // A full line leaves the cursor on its last cell, where erasing would take that cell away.
      const full = width(text.replaceAll(SGR, '')) >= columns;
      changes += goTo(row) + text + RESET + (full ? '' : ERASE_TO_END);
    }
    this.#shown = next;
    if (changes !== '') this.#send(SYNC_BEGIN + changes + SYNC_END);
  }

  #send(text: string): void {
    if (this.#gone) return;
    this.#bytesWritten += text.length;
    try {
      if (!this.#output.write(text)) this.#blocked = true;
    } catch {
      this.#gone = true;
    }
  }

  readonly #onDrain = (): void => {
    this.#blocked = false;
    this.#paint();
  };

  /** EIO, EPIPE: nobody looks any more; the units are still being worked on. */
  readonly #onError = (): void => {
    this.#gone = true;
  };
}
