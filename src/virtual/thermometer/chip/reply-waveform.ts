import { BITS_PER_CHARACTER, pulsesOf } from './uart-levels.ts';

/** A stretch in which the line is low, in bit times of the UART from the start of the trigger. */
interface Low {
  readonly from: number;
  to: number;
}

/** Low and high parts of one SWS bit, in units of the slave. */
const SHORT_UNITS = 1;
const LONG_UNITS = 4;
const BIT_UNITS = 5;

export interface HeardCharacter {
  readonly value: number;
  /** Its stop bit was low. */
  readonly framingError: boolean;
}

/**
 * What the host's UART makes of the line while the slave answers: the slave waits one of its units after the pulse that
 * asked, sends eight bits, highest first, and a short low; what the host sends meanwhile pulls the same line. The
 * receiver samples in the middle of its bits, so that another unit than two (or, for short pulses, one) of the UART's
 * bits gives what such a receiver would give.
 *
 * `characters` are those of the host from the asking one on, back to back; `unitBits` is the slave's unit in bit times
 * of the UART; `pulseBits` how long the asking pulse was low.
 */
export function heardReply(
  value: number,
  unitBits: number,
  pulseBits: number,
  characters: Uint8Array,
): HeardCharacter[] {
  const lows: Low[] = [];
  characters.forEach((character, index) => {
    let at = index * BITS_PER_CHARACTER;
    for (const { low, high } of pulsesOf(character)) {
      lows.push({ from: at, to: at + low });
      at += low + high;
    }
  });
  const start = pulseBits + unitBits;
  for (let bit = 0; bit < 8; bit++) {
    const from = start + bit * BIT_UNITS * unitBits;
    lows.push({ from, to: from + ((value >> (7 - bit)) & 1 ? LONG_UNITS : SHORT_UNITS) * unitBits });
  }
  const closing = start + 8 * BIT_UNITS * unitBits;
  lows.push({ from: closing, to: closing + SHORT_UNITS * unitBits });
  return received(merged(lows));
}

/** Bit times from the start of the trigger until the line is free again. */
export function replyBits(unitBits: number, pulseBits: number): number {
  return pulseBits + unitBits * (8 * BIT_UNITS + 2);
}

function merged(lows: Low[]): Low[] {
  const joined: Low[] = [];
  for (const low of lows.sort((one, other) => one.from - other.from)) {
    const last = joined.at(-1);
    if (last && low.from <= last.to) last.to = Math.max(last.to, low.to);
    else joined.push({ ...low });
  }
  return joined;
}

function received(lows: readonly Low[]): HeardCharacter[] {
  const isHigh = (at: number) => !lows.some(({ from, to }) => at >= from && at < to);
  const heard: HeardCharacter[] = [];
  let freeAt = 0;
  for (const { from } of lows) {
    // A start bit begins with an edge, so one that came before the receiver was ready is none.
    if (from < freeAt || isHigh(from + 0.5)) continue;
    let value = 0;
    for (let bit = 0; bit < 8; bit++) if (isHigh(from + 1.5 + bit)) value |= 1 << bit;
    heard.push({ value, framingError: !isHigh(from + 9.5) });
    freeAt = from + 9.5;
  }
  return heard;
}
