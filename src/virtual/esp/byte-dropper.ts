import { joinBytes } from '../bytes.ts';

/** About one byte is lost in so many. */
const DROP_EVERY_BYTES = 20_480;
/** How far the places stray from that, bytes. */
const STRAY_BYTES = 2048;

/** Loses a byte now and then, at places that are the same each time. */
export class ByteDropper {
  private untilNext = DROP_EVERY_BYTES / 2;
  private drops = 0;

  pass(bytes: Uint8Array): Uint8Array {
    const kept: Uint8Array[] = [];
    let rest = bytes;
    while (rest.length >= this.untilNext) {
      kept.push(rest.subarray(0, this.untilNext - 1));
      rest = rest.subarray(this.untilNext);
      this.drops++;
      this.untilNext = DROP_EVERY_BYTES - STRAY_BYTES + ((this.drops * 1_597) % (2 * STRAY_BYTES));
    }
    this.untilNext -= rest.length;
    return kept.length === 0 ? bytes : joinBytes(...kept, rest);
  }
}
