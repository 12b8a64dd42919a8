import { abortReason } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';

/** Text kept when nobody takes any of it, characters: far more than one answer of U-Boot. */
const LIMIT = 0x2_0000;

export interface WaitOptions {
  /** So long nothing may come, ms. */
  readonly quietMs: number;
  /** So long at most, ms; missing: as long as something comes. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a console says, as text (Latin-1, one character a byte), and waiting for it. One waiter at a time. */
export class Inbox {
  #text = '';
  #wake: (() => void) | undefined;
  readonly #stop: () => void;
  readonly port: SerialPort;
  readonly clock: Clock;

  constructor(port: SerialPort, clock: Clock) {
    this.port = port;
    this.clock = clock;
    this.#stop = port.onData((bytes) => {
      this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      if (this.#text.length > LIMIT) this.#text = this.#text.slice(-LIMIT);
      this.#wake?.();
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Takes the first `count` characters out. */
  take(count: number): string {
    const taken = this.#text.slice(0, count);
    this.#text = this.#text.slice(count);
    return taken;
  }

  clear(): void {
    this.#text = '';
  }

  /**
   * Resolves with what `find` makes of the text, tried at once and after everything that comes; undefined when the time
   * is over. Rejects with LINK_LOST and the reason of the signal.
   */
  wait<T>(find: (text: string) => T | undefined, options: WaitOptions): Promise<T | undefined> {
    const { quietMs, limitMs, signal } = options;
    return new Promise<T | undefined>((resolve, reject) => {
      let stopLost = () => {};
      let cancelQuiet = () => {};
      const end = (act: () => void) => {
        this.#wake = undefined;
        cancelQuiet();
        cancelLimit();
        stopLost();
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const onAbort = () => end(() => reject(abortReason(signal!)));
      const over = () => end(() => resolve(undefined));
      const look = () => {
        cancelQuiet();
        const found = find(this.#text);
        if (found !== undefined) return end(() => resolve(found));
        cancelQuiet = this.clock.after(quietMs, over);
      };
      const cancelLimit = limitMs === undefined ? () => {} : this.clock.after(limitMs, over);
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#wake = look;
      let isLost = false;
      stopLost = this.port.onLost((error) => {
        isLost = true;
        end(() => reject(error));
      });
      if (isLost) stopLost();
      else look();
    });
  }

  close(): void {
    this.#stop();
  }
}
