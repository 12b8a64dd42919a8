import { CodecError } from '../../core/codec-error.ts';

/**
 * SLIP framing as the ESP loaders use it: `C0` before AND after each frame, `DB DC` for C0, `DB DD` for DB.
 */
const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

/** Largest decoded frame, bytes: the receive buffer of stub v2 (8 header + 0x4000 data + 0xFF). */
export const MAX_FRAME_BYTES = 8 + 0x4000 + 0xff;

/** One whole frame, both delimiters included. Lengths and checksums inside count the unescaped bytes. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  let escapes = 0;
  for (const byte of payload) if (byte === END || byte === ESCAPE) escapes++;
  const frame = new Uint8Array(payload.length + escapes + 2);
  frame[0] = END;
  if (escapes === 0) frame.set(payload, 1);
  else {
    let at = 1;
    for (const byte of payload) {
      if (byte === END || byte === ESCAPE) {
        frame[at++] = ESCAPE;
        frame[at++] = byte === END ? ESCAPED_END : ESCAPED_ESCAPE;
      } else frame[at++] = byte;
    }
  }
  frame[frame.length - 1] = END;
  return frame;
}

/** Decodes the first frame of `bytes`; throws CodecError when there is no whole one. */
export function decodeFrame(bytes: Uint8Array): Uint8Array {
  let found: Uint8Array | undefined;
  new FrameDecoder({ frame: (payload) => (found ??= payload) }).push(bytes);
  if (found == null) throw new CodecError('no whole SLIP frame in these bytes');
  return found;
}

export interface FrameSink {
  /** One decoded frame, never empty; the sink owns the array (it may be a view into a pushed chunk). */
  frame(payload: Uint8Array): void;
  /**
   * Bytes that belong to no frame: outside delimiters, or of a frame dropped for a bad escape or its length.
   * Usually boot text or a crash dump.
   */
  noise?(bytes: Uint8Array): void;
}

/**
 * Streaming decoder. Chunks may split or merge frames anywhere. An empty frame counts as a restart, so that a lost
 * delimiter costs one frame only.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #maxFrameBytes: number;
  #inside = false;
  #escaped = false;
  #partial: Uint8Array;
  #partialLength = 0;

  constructor(sink: FrameSink, options: { readonly maxFrameBytes?: number } = {}) {
    this.#sink = sink;
    this.#maxFrameBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
    this.#partial = new Uint8Array(256);
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(END, at);
      const stop = end === -1 ? chunk.length : end;
      if (stop > at) this.#take(chunk.subarray(at, stop), end !== -1);
      else if (this.#inside) this.#finish();
      else this.#inside = true;
      if (end === -1) return;
      at = end + 1;
    }
  }

  /** Decoded bytes of the frame under way; 0 between frames. */
  get pendingBytes(): number {
    return this.#inside ? this.#partialLength : 0;
  }

  /** Forgets a frame begun and not ended, e.g. after the line was flushed. */
  reset(): void {
    this.#inside = false;
    this.#escaped = false;
    this.#partialLength = 0;
  }

  /** `run` holds no delimiter; `ends` says that one follows. */
  #take(run: Uint8Array, ends: boolean): void {
    if (!this.#inside) {
      this.#sink.noise?.(run);
      this.#inside = ends;
      return;
    }
    if (ends && this.#partialLength === 0 && !this.#escaped && !run.includes(ESCAPE)) {
      this.#inside = false;
      if (run.length <= this.#maxFrameBytes) this.#sink.frame(run);
      else this.#sink.noise?.(run);
      return;
    }
    if (!this.#append(run)) {
      const damaged = this.#partial.slice(0, this.#partialLength);
      this.reset();
      if (damaged.length > 0) this.#sink.noise?.(damaged);
      this.#sink.noise?.(run);
      return;
    }
    if (ends) this.#finish();
  }

  #finish(): void {
    if (this.#partialLength === 0 && !this.#escaped) return;
    const payload = this.#partial.slice(0, this.#partialLength);
    const damaged = this.#escaped;
    this.reset();
    if (!damaged) this.#sink.frame(payload);
    else if (payload.length > 0) this.#sink.noise?.(payload);
  }

  /** False when the frame is damaged (bad escape, too long) and must be dropped. */
  #append(run: Uint8Array): boolean {
    this.#reserve(run.length);
    let at = 0;
    while (at < run.length) {
      if (this.#escaped) {
        const byte = run[at++];
        if (byte !== ESCAPED_END && byte !== ESCAPED_ESCAPE) return false;
        this.#partial[this.#partialLength++] = byte === ESCAPED_END ? END : ESCAPE;
        this.#escaped = false;
        continue;
      }
      const escape = run.indexOf(ESCAPE, at);
      const stop = escape === -1 ? run.length : escape;
      this.#partial.set(run.subarray(at, stop), this.#partialLength);
      this.#partialLength += stop - at;
      this.#escaped = escape !== -1;
      at = escape === -1 ? stop : stop + 1;
    }
    return this.#partialLength <= this.#maxFrameBytes;
  }

  #reserve(more: number): void {
    const needed = this.#partialLength + more;
    if (needed <= this.#partial.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#partial.length * 2));
    grown.set(this.#partial.subarray(0, this.#partialLength));
    this.#partial = grown;
  }
}
