/** The last bytes of a stream, at most `limit`; cheap to add to. */
export class Capture {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    const kept = bytes.length > this.#limit ? bytes.slice(-this.#limit) : bytes;
    this.#chunks.push(kept);
    this.#length += kept.length;
    while (this.#chunks.length > 1 && this.#length - this.#chunks[0]!.length >= this.#limit)
      this.#length -= this.#chunks.shift()!.length;
  }

  bytes(): Uint8Array {
    if (this.#chunks.length !== 1) {
      const joined = new Uint8Array(this.#length);
      let at = 0;
      for (const chunk of this.#chunks) {
        joined.set(chunk, at);
        at += chunk.length;
      }
      this.#chunks = [joined];
    }
    return this.#chunks[0]!.subarray(-this.#limit);
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }
}
