import type { Clock } from '../../core/clock.ts';
import type { BleStack } from './stack.ts';

/** How long after a scan that ended by itself, or did not start, it is started anew, ms. */
const RESTART_MS = 1000;

/** One scan for all who listen: it runs as long as somebody wants it and nothing pauses it. */
export class SharedScan {
  readonly #stack: BleStack;
  readonly #clock: Clock;
  #wanted = 0;
  #paused = 0;
  #running = false;
  #isWorking = false;
  #working: Promise<void> | undefined;
  #cancelRestart: (() => void) | undefined;

  constructor(stack: BleStack, clock: Clock) {
    this.#stack = stack;
    this.#clock = clock;
  }

  /** One more reason to scan. Returns the function that takes it back (idempotent). */
  want(): () => void {
    this.#wanted += 1;
    this.#settle();
    let wanted = true;
    return () => {
      if (!wanted) return;
      wanted = false;
      this.#wanted -= 1;
      this.#settle();
    };
  }

  /** Runs `work` while nothing is scanned. */
  async paused<T>(work: () => Promise<T>): Promise<T> {
    this.#paused += 1;
    try {
      this.#settle();
      await this.#working;
      return await work();
    } finally {
      this.#paused -= 1;
      this.#settle();
    }
  }

  /** The scan ended by itself. It is not fought for: another program may need a moment of silence. */
  stopped(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#restartLater();
  }

  /** The adapter went off, or came back. */
  offChanged(): void {
    this.#running = false;
    this.#settle();
  }

  /** Stops for good. Never throws. */
  async close(): Promise<void> {
    this.#wanted = -Infinity;
    this.#cancelRestart?.();
    this.#settle();
    await this.#working;
  }

  get #isDue(): boolean {
    return this.#wanted > 0 && this.#paused === 0 && this.#stack.offBecause === undefined;
  }

  #settle(): void {
    if (this.#isWorking || this.#isDue === this.#running) return;
    this.#isWorking = true;
    this.#working = this.#work();
  }

  async #work(): Promise<void> {
    while (this.#isDue !== this.#running) {
      try {
        if (this.#isDue) {
          this.#running = true;
          await this.#stack.startScan();
        } else {
          this.#running = false;
          if (this.#stack.offBecause === undefined) await this.#stack.stopScan();
        }
      } catch {
        // Off meanwhile (and told of it), or busy: tried again as long as somebody listens.
        this.#running = false;
        this.#restartLater();
        break;
      }
    }
    // Right behind the last look at what is due, with no turn between: who changes it from here on begins anew.
    this.#isWorking = false;
  }

  #restartLater(): void {
    this.#cancelRestart?.();
    this.#cancelRestart = this.#clock.after(RESTART_MS, () => this.#settle());
  }
}
