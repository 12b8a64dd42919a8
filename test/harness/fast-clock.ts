import { systemClock, type Clock } from '../../src/core/clock.ts';

/** Real time, run through `times` as fast: for whole units whose starts and silences take minutes. */
export const fastClock = (times: number): Clock => ({
  now: () => systemClock.now(),
  monotonicMs: () => systemClock.monotonicMs() * times,
  sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  after: (ms, callback) => systemClock.after(ms / times, callback),
});
