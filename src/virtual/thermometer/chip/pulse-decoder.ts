import { pulsesOf } from './uart-levels.ts';

export interface PulseSink {
  /** One SWS bit, as soon as the line falls for the next one. */
  bit(value: 0 | 1): void;
  /**
   * The line was low for `lowBits` bit times of the UART and rose again. True: the slave answers to that, and the
   * pulse is no bit.
   */
  pulse(lowBits: number): boolean;
}

/**
 * Measures the low part of each pulse against the high part that follows, as the slave does: `1` where low lasts
 * longer. So any rate and both encodings of section 2 of the reference come out right, and a pause after a `1`, which
 * makes its high part the longer one, turns it into a `0`.
 */
export class PulseDecoder {
  private readonly sink: PulseSink;
  private low = 0;
  private high = 0;

  constructor(sink: PulseSink) {
    this.sink = sink;
  }

  /** One character; `gapBits` of silence lay between it and the one before. True: the slave answers to it. */
  character(character: number, gapBits: number): boolean {
    this.high += gapBits;
    for (const { low, high } of pulsesOf(character)) {
      if (this.low > 0) this.sink.bit(this.low > this.high ? 1 : 0);
      this.low = low;
      this.high = high;
      if (this.sink.pulse(low)) {
        this.low = 0;
        return true;
      }
    }
    return false;
  }

  /** Forgets the pulse that is not over yet. */
  reset(): void {
    this.low = this.high = 0;
  }
}
