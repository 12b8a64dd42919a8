/** Numbers that look random and are the same on every machine (xorshift32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e37_79b1) >>> 0 || 1;
  }

  /** 0 to 2^32 - 1. */
  word(): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state >>> 0;
    return this.state;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() >>> 24);
  }

  hex(length: number): string {
    return Buffer.from(this.bytes(length)).toString('hex');
  }
}

/** One word of machine code that occurs often. */
const FREQUENT_WORDS = 64;

/**
 * Bytes that compress about as well as firmware does (to some 60 %): words that repeat, and words that do not.
 * `length` is a multiple of 4.
 */
export function codeLike(random: Random, length: number): Uint8Array {
  const code = new Uint32Array(length / 4);
  const frequent = Uint32Array.from({ length: FREQUENT_WORDS }, () => random.word());
  for (let at = 0; at < code.length; at++) {
    const dice = random.word();
    code[at] = dice >>> 30 < 2 ? frequent[dice % FREQUENT_WORDS]! : random.word();
  }
  return new Uint8Array(code.buffer);
}
