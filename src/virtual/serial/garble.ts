/** A UART still reads right when the two rates differ by no more than this (half a bit in ten, less the edges). */
const BAUD_TOLERANCE = 0.03;

export const sameRate = (oneBaud: number, otherBaud: number): boolean =>
  Math.abs(oneBaud - otherBaud) <= BAUD_TOLERANCE * Math.max(oneBaud, otherBaud);

/** Longest garbage made of one piece, bytes. */
const GARBAGE_LIMIT = 4096;

/**
 * What a UART at `receiverBaud` makes of bytes that were sent at `senderBaud`: a faster receiver sees more bytes,
 * a slower one fewer, and none of them is right. The same bytes always give the same garbage.
 */
export function garble(bytes: Uint8Array, senderBaud: number, receiverBaud: number): Uint8Array {
  const length = Math.min(GARBAGE_LIMIT, Math.ceil((bytes.length * receiverBaud) / senderBaud));
  const garbage = new Uint8Array(length);
  let state = 0x2f6e_2b1 ^ bytes.length;
  for (let index = 0; index < length; index++) {
    const source = bytes[Math.floor((index * bytes.length) / length)] ?? 0;
    state = (Math.imul(state ^ source, 0x0019_660d) + 0x3c6e_f35f) >>> 0;
    // A frame delimiter by chance would be rare on a wire; here it never comes, so that tests do not depend on luck.
    const byte = state >>> 24;
    garbage[index] = byte === 0xc0 ? 0x80 : byte;
  }
  return garbage;
}
