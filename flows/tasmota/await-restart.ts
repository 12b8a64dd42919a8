import { throwIfAborted } from '../../src/core/abort.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { clientOf, type Departure, type TasmotaRun, type TasmotaSession } from './session.ts';

/** Two seconds after the result page it restarts; the slowest seen took 8, ms. */
const RESTART_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** What clocks of both sides may differ, s. */
const SLACK_SECONDS = 2;

/**
 * Waits until the unit is down, or is up since less time than its image is gone out. `unmoved`: it did neither. Throws
 * only what `brokenOff` was aborted with.
 */
export async function awaitRestart(
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Departure,
): Promise<'down' | 'restarted' | 'unmoved'> {
  while (run.clock.monotonicMs() - sent.atMs < RESTART_LIMIT_MS) {
    let status: TasmotaStatus;
    try {
      status = await clientOf(session, run, run.brokenOff).status();
    } catch (error) {
      throwIfAborted(run.brokenOff);
      if (!(error instanceof BenchError)) throw error;
      return 'down';
    }
    if (status.mac !== sent.before.mac) return 'down';
    if (hasRestarted(status, sent, run.clock.monotonicMs())) return 'restarted';
    run.progress({ label: 'waiting for its restart', done: 0, unit: 'seconds' });
    await run.clock.sleep(LOOK_EVERY_MS, run.brokenOff);
  }
  return 'unmoved';
}

/** Whether it started after the image had gone out. */
export function hasRestarted(status: TasmotaStatus, { before, atMs }: Departure, nowMs: number): boolean {
  // What says something else of itself cannot be what ran before.
  if (status.versionText !== before.versionText || status.builtAt !== before.builtAt) return true;
  if (status.bootCount != null && before.bootCount != null && status.bootCount !== before.bootCount)
    return true;
  if (status.uptimeSeconds == null) return false;
  return status.uptimeSeconds + SLACK_SECONDS < (before.uptimeSeconds ?? 0) + (nowMs - atMs) / 1000;
}
