import { FLASH_TIMES } from '../../flash-chip/flash-times.ts';
import { ROM_REASON } from './block-sequence.ts';
import { Inflater } from './inflater.ts';
import type { LoaderHost } from './loader.ts';

/** What came of a block: the reason byte of a failure, and how long programming took, ms. */
export interface BlockDone {
  readonly fails?: number;
  readonly ms?: number;
}

/** One write of a mask ROM: BEGIN has erased what it needs; blocks are programmed before they are answered. */
export interface RomWrite {
  /** All that BEGIN announced has come. */
  readonly complete: boolean;
  /** Undefined: the unit died of it, no answer will come. */
  block(payload: Uint8Array, sequence: number): BlockDone | undefined;
}

/** Programs bytes one after the other and reads them back. */
class Programmer {
  remaining: number;
  private offset: number;
  private readonly host: LoaderHost;

  constructor(host: LoaderHost, offset: number, totalBytes: number) {
    this.host = host;
    this.offset = offset;
    this.remaining = totalBytes;
  }

  /** Programming clears bits only: over what was not erased the data does not take, and the next goes on behind. */
  program(data: Uint8Array): BlockDone | undefined {
    const { flash } = this.host.chip;
    const ms = this.host.cost(flash.program(this.offset, data) * FLASH_TIMES.pageProgramMs);
    const took = Buffer.from(flash.read(this.offset, data.length)).equals(data);
    this.offset += data.length;
    this.remaining -= data.length;
    if (!this.host.wrote(data.length)) return undefined;
    return took ? { ms } : { fails: ROM_REASON.WRITE_MISMATCH, ms };
  }
}

export class PlainRomWrite implements RomWrite {
  private readonly programmer: Programmer;

  constructor(host: LoaderHost, offset: number, totalBytes: number) {
    this.programmer = new Programmer(host, offset, totalBytes);
  }

  get complete(): boolean {
    return this.programmer.remaining <= 0;
  }

  block(payload: Uint8Array): BlockDone | undefined {
    return this.programmer.program(payload);
  }
}

/** What the ROM inflates before it programs, bytes. */
const WINDOW_BYTES = 0x8000;

/**
 * Compressed write of the ESP32 ROM (seen on ROM `Jul 29 2019`): the block with the last number ends the stream,
 * whatever it holds. A stream that is not over by then is spoiled and fails at its own end; one whose end comes under
 * a later number is answered with no error, but its last stretch is never programmed.
 */
export class DeflatedRomWrite implements RomWrite {
  private readonly programmer: Programmer;
  private readonly inflater = new Inflater(0);
  private readonly lastSequence: number;
  private readonly totalBytes: number;
  private readonly window = new Uint8Array(WINDOW_BYTES);
  private filled = 0;
  private spoiled = false;

  constructor(host: LoaderHost, offset: number, totalBytes: number, blocks: number) {
    this.programmer = new Programmer(host, offset, totalBytes);
    this.totalBytes = totalBytes;
    this.lastSequence = blocks - 1;
  }

  get complete(): boolean {
    return this.programmer.remaining <= 0;
  }

  block(payload: Uint8Array, sequence: number): BlockDone | undefined {
    let pieces: readonly Uint8Array[];
    try {
      pieces = this.inflater.push(payload);
    } catch {
      return { fails: ROM_REASON.INFLATE_FAILED };
    }
    const { finished, producedBytes } = this.inflater;
    if (this.spoiled) return finished ? { fails: ROM_REASON.STREAM_END } : {};
    let ms = 0;
    for (const piece of pieces)
      for (let at = 0; at < piece.length;) {
        const part = piece.subarray(at, at + WINDOW_BYTES - this.filled);
        this.window.set(part, this.filled);
        this.filled += part.length;
        at += part.length;
        if (this.filled < WINDOW_BYTES) continue;
        const done = this.programWindow();
        if (done == null || done.fails != null) return done;
        ms += done.ms ?? 0;
      }
    if (sequence !== this.lastSequence) return { ms };
    if (!finished && producedBytes >= this.totalBytes) return { fails: ROM_REASON.STREAM_END, ms };
    this.spoiled = !finished;
    const done = this.programWindow();
    return done && { ...done, ms: ms + (done.ms ?? 0) };
  }

  private programWindow(): BlockDone | undefined {
    const data = this.window.subarray(0, this.filled);
    this.filled = 0;
    return this.programmer.program(data);
  }
}
