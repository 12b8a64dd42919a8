import { doNotUnplug, SETTLING_MS } from '../network-plug/index.ts';
import type { Offered, ShellyRun } from './session.ts';

/** A transfer that stands still so long is told of, ms. It is neither closed nor helped by a power cycle. */
const STALL_TOLD_MS = 30_000;
/** The countdown is put back to its start at most so often, ms. */
const COUNTDOWN_EVERY_MS = 10_000;

/** Shows and counts what the unit has acknowledged, until the function that is returned is called. */
export function tellBytes(
  run: ShellyRun,
  offered: Offered,
  { label, totalBytes }: { readonly label: string; readonly totalBytes: number },
): () => void {
  const { watch } = offered;
  let countdownMs = -Infinity;
  let stopStall = () => {};
  const awaitStall = () => {
    stopStall();
    stopStall = run.clock.after(STALL_TOLD_MS, () => {
      run.log(
        'warn',
        `Nothing was fetched for ${STALL_TOLD_MS / 1000} s, at ${watch.now.bytes} of ${totalBytes} bytes: leave the power on.`,
      );
    });
  };
  const tell = () => {
    const { bytes } = watch.now;
    run.wrote(Math.max(0, bytes - offered.countedBytes));
    offered.countedBytes = Math.max(bytes, offered.countedBytes);
    run.progress({ label, done: bytes, total: totalBytes, unit: 'bytes' });
    const nowMs = run.clock.monotonicMs();
    if (nowMs - countdownMs >= COUNTDOWN_EVERY_MS) {
      countdownMs = nowMs;
      doNotUnplug(run, SETTLING_MS.mongoose);
    }
    awaitStall();
  };
  const stopNews = watch.onNews(tell);
  tell();
  return () => {
    stopNews();
    stopStall();
  };
}
