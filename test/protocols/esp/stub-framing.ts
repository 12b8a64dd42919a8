import type { FakeLoader } from './fake-loader.ts';

const END = 0xc0;

/**
 * Puts the receiver of stub v2 (esp-flasher-stub 1.1.0) in front of a fake loader: every delimiter toggles between
 * inside and outside a frame, an empty frame included, so one lost delimiter turns everything after it inside out.
 */
export class StubFraming {
  #inside = false;
  #frame: number[] = [];
  /** Delimiters the wire swallows, counted from now; undefined: none. */
  loseDelimiter: number | undefined;

  constructor(fake: FakeLoader) {
    const { port } = fake;
    const deliver = port.onWrite;
    port.onWrite = (bytes) => {
      for (const byte of bytes) {
        if (byte === END && this.loseDelimiter != null && this.loseDelimiter-- === 0) {
          this.loseDelimiter = undefined;
          continue;
        }
        this.#receive(byte, deliver);
      }
    };
  }

  #receive(byte: number, deliver: (bytes: Uint8Array) => void): void {
    if (byte !== END) {
      if (this.#inside) this.#frame.push(byte);
      return;
    }
    const frame = this.#frame;
    this.#frame = [];
    this.#inside = !this.#inside;
    if (!this.#inside && frame.length > 0) deliver(Uint8Array.of(END, ...frame, END));
  }

  /** As after a delimiter that was lost or invented. */
  turnInsideOut(): void {
    this.#inside = !this.#inside;
  }
}
