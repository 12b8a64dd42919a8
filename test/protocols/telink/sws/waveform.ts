/** One stretch of the line, in UART bit times. */
export interface Stretch {
  readonly low: boolean;
  readonly bits: number;
}

/** What UART characters (8N1, back to back) make of the line: start bit low, data from the lowest bit, stop bit high. */
export function lineOf(characters: Uint8Array): Stretch[] {
  const stretches: { low: boolean; bits: number }[] = [];
  const add = (low: boolean) => {
    const last = stretches.at(-1);
    if (last?.low === low) last.bits++;
    else stretches.push({ low, bits: 1 });
  };
  for (const character of characters) {
    add(true);
    for (let bit = 0; bit < 8; bit++) add(((character >>> bit) & 1) === 0);
    add(false);
  }
  return stretches;
}

export interface SwsByte {
  readonly command: boolean;
  readonly value: number;
}

/** What a slave hears that compares the low with the high part of each bit, ten bits a byte. */
export function slaveHears(line: readonly Stretch[]): SwsByte[] {
  const bits: number[] = [];
  for (let at = 0; at < line.length; at += 2) {
    const low = line[at]!;
    const high = line[at + 1] ?? { low: false, bits: Infinity };
    if (!low.low) throw new Error('a bit begins with a low');
    bits.push(low.bits > high.bits ? 1 : 0);
  }
  const bytes: SwsByte[] = [];
  for (let at = 0; at + 10 <= bits.length; at += 10)
    bytes.push({
      command: bits[at] === 1,
      value: bits.slice(at + 1, at + 9).reduce((value, bit) => (value << 1) | bit, 0),
    });
  return bytes;
}

/**
 * What a UART receiver makes of one read reply. Time in its bit times from the start of our pulse (one unit low, which
 * is two of them); the slave answers one of its own units after it, at `unit` of our bit times each.
 */
export function receiverHears(value: number, unit: number): { character: number; framingError: boolean }[] {
  const lows: [from: number, to: number][] = [[0, 2]];
  let at = 2 + unit;
  for (let bit = 7; bit >= 0; bit--) {
    lows.push([at, at + (((value >>> bit) & 1) === 1 ? 4 : 1) * unit]);
    at += 5 * unit;
  }
  lows.push([at, at + unit]);
  const end = at + unit;
  const isLow = (time: number): boolean => lows.some(([from, to]) => time >= from && time < to);
  const characters: { character: number; framingError: boolean }[] = [];
  const edges = lows.map(([from]) => from);
  let free = 0;
  for (;;) {
    // A start bit is a falling edge that is still low half a bit later.
    const start = edges.find((edge) => edge >= free && isLow(edge + 0.5));
    if (start == null || start > end) return characters;
    let character = 0;
    for (let bit = 0; bit < 8; bit++) if (!isLow(start + 1.5 + bit)) character |= 1 << bit;
    characters.push({ character, framingError: isLow(start + 9.5) });
    free = start + 9.5;
  }
}
