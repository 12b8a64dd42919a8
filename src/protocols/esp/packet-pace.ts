import type { Clock } from '../../core/clock.ts';

/** A rest costs about as much as two or three chunks: it must spare more than that. */
const WORTH_CHUNKS = 4;

/**
 * How fast the packets of a read really come, and in how many chunks, which the rate of the port does not tell: it may be
 * set elsewhere (raw TCP) or mean nothing (a model without time), and one adapter hands over 32 bytes at a time, another
 * one as many as came in 16 ms. Measured on one packet that was not slept through, and anew when a packet turned out
 * to be whole at the end of a rest.
 */
export class PacketPace {
  readonly #clock: Clock;
  readonly #wireByteMs: number;
  #measured: { readonly byteMs: number; readonly chunksOfByte: number } | undefined;
  #packetStartMs: number;
  #chunks = 0;
  #restedInPacket = false;
  #restJustEnded = false;
  #lateInChunk = false;

  /** `wireByteMs`: time of a byte at the port's rate; nothing is ever taken to be slower. */
  constructor(clock: Clock, wireByteMs: number) {
    this.#clock = clock;
    this.#wireByteMs = wireByteMs;
    this.#packetStartMs = clock.monotonicMs();
  }

  /** How long the next `bytes` take, ms; undefined where that is not known or nobody is woken much meanwhile. */
  restMs(bytes: number): number | undefined {
    if (this.#measured == null || this.#measured.chunksOfByte * bytes < WORTH_CHUNKS) return undefined;
    return this.#measured.byteMs * bytes;
  }

  rested(): void {
    this.#restedInPacket = true;
    this.#restJustEnded = true;
  }

  /** A packet was whole before it could be acknowledged early. */
  wasLate(): void {
    this.#lateInChunk = true;
  }

  packetCame(bytes: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#measured == null && !this.#restedInPacket)
      this.#measured = {
        byteMs: Math.min((nowMs - this.#packetStartMs) / bytes, this.#wireByteMs),
        chunksOfByte: (this.#chunks + 1) / bytes,
      };
    this.#packetStartMs = nowMs;
    this.#restedInPacket = false;
    this.#chunks = 0;
  }

  /** After all that one chunk brought. */
  chunkCame(): void {
    if (this.#restJustEnded && this.#lateInChunk) this.#measured = undefined;
    this.#restJustEnded = false;
    this.#lateInChunk = false;
    this.#chunks++;
  }
}
