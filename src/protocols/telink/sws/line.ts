import type { Clock } from '../../../core/clock.ts';
import type { SerialPort } from '../../../drivers/serial/port.ts';
import type { SwsEncoding } from './codec.ts';
import { encodeWrites, type SwsWrite } from './flash-commands.ts';

/** Start bit, eight data bits, stop bit. */
const BITS_PER_CHARACTER = 10;
/**
 * A full-speed USB packet carries 64 bytes: above 460800 baud the public flasher hands over 60 at a time, the largest
 * whole number of groups; below it the public page uses 240.
 */
const PIECE = { fastCharacters: 60, characters: 240, fastAboveBaud: 460_800 };

/**
 * Sends to the chip. A pause inside a group of characters may turn a `1` into a `0`, so every write is a whole number
 * of groups and those of one order are queued at once: the port goes from one to the next without waiting. Knows when
 * the last character is on the wire, which a resolved write alone does not say.
 */
export class SwsLine {
  readonly port: SerialPort;
  readonly clock: Clock;
  readonly encoding: SwsEncoding;
  /** By the monotonic clock: the latest moment at which the last character leaves the adapter. */
  #silentAtMs = 0;

  constructor(port: SerialPort, clock: Clock, encoding: SwsEncoding = 'bit-per-character') {
    this.port = port;
    this.clock = clock;
    this.encoding = encoding;
  }

  wireMs(characters: number): number {
    return (characters * BITS_PER_CHARACTER * 1000) / this.port.baudRate;
  }

  /** Time until the last character is certainly on the wire, ms. */
  get untilSilentMs(): number {
    return Math.max(0, this.#silentAtMs - this.clock.monotonicMs());
  }

  /** True where answers come over a network, later and in lumps. */
  get isFar(): boolean {
    return this.port.unsentBytes === Infinity;
  }

  async send(characters: Uint8Array): Promise<void> {
    const begunAtMs = this.clock.monotonicMs();
    const piece = this.port.baudRate > PIECE.fastAboveBaud ? PIECE.fastCharacters : PIECE.characters;
    const writes: Promise<void>[] = [];
    for (let at = 0; at < characters.length; at += piece)
      writes.push(this.port.write(characters.subarray(at, at + piece)));
    await Promise.all(writes);
    const nowMs = this.clock.monotonicMs();
    this.#silentAtMs = this.isFar
      ? Math.max(nowMs, Math.max(this.#silentAtMs, begunAtMs) + this.wireMs(characters.length))
      : nowMs + this.wireMs(Math.min(this.port.unsentBytes, characters.length));
  }

  sendWrites(writes: readonly SwsWrite[]): Promise<void> {
    return this.send(encodeWrites(writes, this.encoding));
  }

  /** Waits until `ms` have passed since the last character left. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const waitMs = this.untilSilentMs + ms;
    if (waitMs > 0) await this.clock.sleep(waitMs, signal);
  }
}
