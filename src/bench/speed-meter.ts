/** Speed over a sliding window, so that the shown rate follows what happens now and not the average since the start. */
const WINDOW_MS = 2_000;

export class SpeedMeter {
  #samples: { atMs: number; done: number }[] = [];

  /** `done` may only grow; a smaller value starts a new measurement. Returns units per second, or undefined at first. */
  sample(atMs: number, done: number): number | undefined {
    const last = this.#samples.at(-1);
    if (last && done < last.done) this.#samples = [];
    this.#samples.push({ atMs, done });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs < atMs - WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    const elapsedMs = atMs - first.atMs;
    return elapsedMs < 200 ? undefined : ((done - first.done) * 1_000) / elapsedMs;
  }

  reset(): void {
    this.#samples = [];
  }
}
