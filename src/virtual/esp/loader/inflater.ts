import { Unzlib } from 'fflate';

/** Inflates one zlib stream that comes in blocks; checks the Adler-32 at its end as the device does. */
export class Inflater {
  /** The deflate stream and its checksum have come whole. */
  finished = false;
  private readonly stream: Unzlib;
  private output: Uint8Array[] = [];
  private sumLow = 1;
  private sumHigh = 0;
  private produced = 0;
  private lastFour = new Uint8Array(4);
  private expectedBytes: number;

  /** `expectedBytes`: length of the inflated stream, after which its checksum is due. */
  constructor(expectedBytes: number) {
    this.expectedBytes = expectedBytes;
    this.stream = new Unzlib((chunk) => this.output.push(chunk));
  }

  get producedBytes(): number {
    return this.produced;
  }

  /** Returns what came out. Throws on a broken stream or checksum. */
  push(block: Uint8Array): Uint8Array[] {
    this.output = [];
    this.stream.push(block, false);
    for (const chunk of this.output) this.add(chunk);
    const tail = new Uint8Array([...this.lastFour, ...block.subarray(Math.max(0, block.length - 4))]);
    this.lastFour = tail.slice(-4);
    if (this.produced >= this.expectedBytes) this.finish();
    return this.output.filter((chunk) => chunk.length > 0);
  }

  /** The checksum is the last four bytes of the stream; it may come in a block of its own. */
  private finish(): void {
    const adler = ((this.sumHigh << 16) | this.sumLow) >>> 0;
    const [a = 0, b = 0, c = 0, d = 0] = this.lastFour;
    this.finished = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 === adler;
  }

  private add(chunk: Uint8Array): void {
    let low = this.sumLow;
    let high = this.sumHigh;
    for (let at = 0; at < chunk.length;) {
      // 3800 sums stay below 2^32 before the remainder must be taken.
      const end = Math.min(chunk.length, at + 3800);
      for (; at < end; at++) {
        low += chunk[at]!;
        high += low;
      }
      low %= 65_521;
      high %= 65_521;
    }
    this.sumLow = low;
    this.sumHigh = high;
    this.produced += chunk.length;
  }
}
