import type { ByteRange } from './byte-range.ts';

/** Which bytes of a file have been seen; those that came twice count once. */
export class Coverage {
  #parts: ByteRange[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(part: ByteRange): void {
    if (part.end <= part.start) return;
    let { start, end } = part;
    const apart: ByteRange[] = [];
    for (const known of this.#parts) {
      if (known.end < start || known.start > end) apart.push(known);
      else {
        start = Math.min(start, known.start);
        end = Math.max(end, known.end);
      }
    }
    this.#parts = [...apart, { start, end }];
    this.#bytes = this.#parts.reduce((sum, one) => sum + one.end - one.start, 0);
  }
}
