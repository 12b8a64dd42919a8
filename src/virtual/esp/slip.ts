const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

/** Frames `payload` as the loader does: delimiter before and after, delimiter and escape byte escaped. */
export function slipFrame(payload: Uint8Array): Uint8Array {
  let escapes = 0;
  for (const byte of payload) if (byte === END || byte === ESC) escapes++;
  const frame = new Uint8Array(payload.length + escapes + 2);
  frame[0] = END;
  frame[frame.length - 1] = END;
  if (escapes === 0) {
    frame.set(payload, 1);
    return frame;
  }
  let at = 1;
  for (const byte of payload) {
    if (byte === END || byte === ESC) {
      frame[at++] = ESC;
      frame[at++] = byte === END ? ESC_END : ESC_ESC;
    } else frame[at++] = byte;
  }
  return frame;
}

/**
 * The device's side of the framing: noise outside a frame is discarded; a wrong escape drops the frame without an
 * answer, and so does one that outgrows the buffer. A stub takes an empty frame for the end of one, so that after
 * a lost delimiter it is deaf until an odd one comes; with `emptyRestarts` it is taken for a new start.
 */
export class SlipReceiver {
  private readonly buffer: Uint8Array;
  private length = 0;
  private inside = false;
  private escaping = false;
  private readonly emptyRestarts: boolean;

  /** `limitBytes`: longest decoded frame. */
  constructor(limitBytes: number, emptyRestarts: boolean) {
    this.emptyRestarts = emptyRestarts;
    this.buffer = new Uint8Array(limitBytes);
  }

  /** Calls `frame` for each whole frame; the array is the receiver's own again afterwards. */
  push(bytes: Uint8Array, frame: (payload: Uint8Array) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (!this.inside) {
        const start = bytes.indexOf(END, at);
        if (start < 0) return;
        at = start + 1;
        this.inside = true;
        this.escaping = false;
        this.length = 0;
        continue;
      }
      const found = bytes.indexOf(END, at);
      const end = found < 0 ? bytes.length : found;
      if (!this.take(bytes.subarray(at, end))) {
        // The delimiter at its end opens the next frame.
        this.inside = false;
        at = end;
        continue;
      }
      at = end;
      if (found < 0) return;
      at++;
      if (this.length === 0 && this.emptyRestarts) continue;
      this.inside = false;
      if (this.length > 0 && !this.escaping) frame(this.buffer.subarray(0, this.length));
    }
  }

  private take(bytes: Uint8Array): boolean {
    const { buffer } = this;
    let at = 0;
    while (at < bytes.length) {
      if (this.escaping) {
        const byte = bytes[at++];
        this.escaping = false;
        if (byte !== ESC_END && byte !== ESC_ESC) return false;
        if (this.length === buffer.length) return false;
        buffer[this.length++] = byte === ESC_END ? END : ESC;
        continue;
      }
      const found = bytes.indexOf(ESC, at);
      const plain = bytes.subarray(at, found < 0 ? bytes.length : found);
      if (this.length + plain.length > buffer.length) return false;
      buffer.set(plain, this.length);
      this.length += plain.length;
      at += plain.length;
      if (found >= 0) {
        this.escaping = true;
        at++;
      }
    }
    return true;
  }
}
