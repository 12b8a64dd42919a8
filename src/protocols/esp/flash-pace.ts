import { WINDOW_BYTES } from './compress.ts';

/** Windows in a row that must say the same, so that one hiccup of the host decides nothing. */
const WITNESSES = 3;
/** What escapes and headers add to raw data on the wire: 2 of 256 bytes of noise, 26 of 16 KiB. */
const RAW_OVERHEAD = 1.01;

/**
 * Finds out while a compressed write runs whether this unit's flash is slower than the wire. A stub takes in one block
 * while it works on the one before, and a block that fills no window is no work: the flash then stands still while the
 * next block comes. Where a window takes longer to write than to send as it is, raw blocks keep the flash at work all
 * the time, and so cannot be slower; on any other unit they could. Both times are measured at the acknowledgements
 * of this very unit, whatever the link between adds to them.
 */
export class FlashPace {
  #idleMs = 0;
  #idleBytes = 0;
  readonly #windowMs: number[] = [];

  /**
   * A block was acknowledged `ms` after the one before. `wireBytes`: its length; `windowsInWork`: those that the
   * block before had filled, which the device wrote meanwhile.
   */
  acknowledged(ms: number, wireBytes: number, windowsInWork: number): void {
    if (windowsInWork === 0) {
      this.#idleMs += ms;
      this.#idleBytes += wireBytes;
    } else {
      this.#windowMs.push(ms / windowsInWork);
      if (this.#windowMs.length > WITNESSES) this.#windowMs.shift();
    }
  }

  /** True when every one of the last windows took longer than it would have taken on the wire uncompressed. */
  get isSlowerThanWire(): boolean {
    if (this.#windowMs.length < WITNESSES || this.#idleBytes === 0) return false;
    const rawWindowMs = (this.#idleMs / this.#idleBytes) * WINDOW_BYTES * RAW_OVERHEAD;
    return this.#windowMs.every((ms) => ms > rawWindowMs);
  }
}
