import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Time between two samples when nothing delays them, ms. */
const RESOLUTION_MS = 10;

export interface LoopDelay {
  /** ms beyond the sampling interval. */
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Watches the event loop of this process until the returned function is called. */
export function watchEventLoop(): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const delay = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return () => {
    histogram.disable();
    return { p99Ms: delay(histogram.percentile(99)), maxMs: delay(histogram.max) };
  };
}
