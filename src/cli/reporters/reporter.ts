import type { BenchEvent } from '../../bench/view.ts';

/** Follows a batch without a screen. Gets every event in order; the summary is the last. */
export interface Reporter {
  event(event: BenchEvent): void;
}
