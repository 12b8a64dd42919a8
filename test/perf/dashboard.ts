import { runChild } from './child-programs.ts';
import type { DashboardJob, DashboardResult } from './children/dashboard.ts';

export type DashboardMeasurement = DashboardJob & { readonly result: DashboardResult };

/** The real screen on a terminal that only counts, every slot changing for every frame. */
export async function measureDashboard(quick: boolean): Promise<DashboardMeasurement> {
  const job = { slots: 64, columns: 100, rows: 30, framesPerSecond: 10, seconds: quick ? 8 : 20 };
  return { ...job, result: await runChild<DashboardResult>('dashboard', job) };
}
