import { runChild } from './child-programs.ts';
import type { ThermometerRadioJob, ThermometerRadioResult } from './children/thermometer-radio.ts';

export interface ThermometerRadioRow extends ThermometerRadioJob, ThermometerRadioResult {
  readonly unitsPerMinute: number;
}

/** One unit at a time, and a tray at once. */
const JOBS: readonly ThermometerRadioJob[] = [{ units: 2, parallel: 1 }, { units: 24 }];

/** Both at the same time, each bench with its own units in a process of its own. */
export function measureThermometerRadio(quick: boolean): Promise<ThermometerRadioRow[]> {
  return Promise.all(
    JOBS.map(async (whole) => {
      const job = quick ? { ...whole, units: Math.ceil(whole.units / 3) } : whole;
      const result = await runChild<ThermometerRadioResult>('thermometer-radio', job);
      return { ...job, ...result, unitsPerMinute: (job.units * 60) / result.seconds };
    }),
  );
}
