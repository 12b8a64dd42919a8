/** One pulse on the line, in bit times of the UART: low, then high. */
export interface Pulse {
  readonly low: number;
  readonly high: number;
}

/** Start bit, eight data bits with the lowest first, stop bit. */
export const BITS_PER_CHARACTER = 10;

/** The pulses that a character makes on the line; the high part of the last one lasts until the next character. */
export function pulsesOf(character: number): readonly Pulse[] {
  return PULSES[character]!;
}

const PULSES: readonly (readonly Pulse[])[] = Array.from({ length: 256 }, (_, character) => {
  // Bit 0 is the start bit (low), bit 9 the stop bit (high).
  const levels = (character << 1) | 0x200;
  const pulses: { low: number; high: number }[] = [];
  for (let bit = 0; bit < BITS_PER_CHARACTER; bit++) {
    const isHigh = ((levels >> bit) & 1) === 1;
    if (isHigh) pulses.at(-1)!.high += 1;
    else if (pulses.length === 0 || pulses.at(-1)!.high > 0) pulses.push({ low: 1, high: 0 });
    else pulses.at(-1)!.low += 1;
  }
  return pulses;
});
