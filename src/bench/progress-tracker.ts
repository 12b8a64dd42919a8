import type { Progress } from '../core/progress.ts';
import { SpeedMeter } from './speed-meter.ts';
import type { SlotProgress } from './view.ts';

/** Four updates a second are more than a person reads, and few enough for 64 slots. */
const INTERVAL_MS = 250;

/** Turns the progress that steps report, block by block, into what is shown: thinned out, with speed and time left. */
export class ProgressTracker {
  readonly #meter = new SpeedMeter();
  #shown: SlotProgress | undefined;
  #shownAtMs = Number.NEGATIVE_INFINITY;

  get shown(): SlotProgress | undefined {
    return this.#shown;
  }

  reset(): void {
    this.#shown = undefined;
    this.#meter.reset();
  }

  /** Returns what is to be shown now, or undefined when it is too soon for another update. */
  take(progress: Progress, nowMs: number): SlotProgress | undefined {
    const finished = progress.total !== undefined && progress.done >= progress.total;
    if (this.#shown?.label !== progress.label) this.#meter.reset();
    else if (nowMs - this.#shownAtMs < INTERVAL_MS && !finished) return undefined;
    this.#shownAtMs = nowMs;
    const perSecond = progress.unit === 'bytes' ? this.#meter.sample(nowMs, progress.done) : undefined;
    const left = (progress.total ?? 0) - progress.done;
    this.#shown = {
      ...progress,
      ...(perSecond !== undefined && { perSecond }),
      ...(perSecond !== undefined && perSecond > 0 && left > 0 && { etaMs: (left / perSecond) * 1_000 }),
    };
    return this.#shown;
  }
}
