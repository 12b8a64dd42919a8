/**
 * A number of places that are taken in the order they were asked for. Whoever waits can leave the queue by its
 * signal.
 */
export class Places {
  #count: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  get taken(): number {
    return this.#taken;
  }

  /** There are fewer places than was thought; at least one stays. */
  shrinkTo(count: number): void {
    this.#count = Math.max(1, Math.min(this.#count, count));
  }

  /**
   * Resolves with the function that gives the place back (idempotent). Rejects with the signal's reason. `onWait` is
   * called when there is none free. `first` goes to the head of the queue.
   */
  async take(
    signal: AbortSignal,
    onWait: () => void = () => {},
    { first = false }: { readonly first?: boolean } = {},
  ): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#taken >= this.#count || this.#waiting.length > 0) {
      onWait();
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          this.#waiting.splice(this.#waiting.indexOf(enter), 1);
          reject(signal.reason as Error);
        };
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        if (first) this.#waiting.unshift(enter);
        else this.#waiting.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      });
    } else {
      this.#taken += 1;
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= 1;
      this.#callIn();
    };
  }

  #callIn(): void {
    while (this.#taken < this.#count) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#taken += 1;
      next();
    }
  }
}
