import type { Clock } from '../../core/clock.ts';

const LOOK_MS = 1000;
/** Longer than any pause of a busy program or step of a network clock; shorter than any nap. */
const JUMP_MS = 5000;

/**
 * Calls back when the computer slept, the program was stopped for a while, or the clock was set; `jumpMs` is negative
 * where it was set back. Two signs: wall clock and monotonic clock part (on Linux the monotonic one stands still in
 * sleep), or a look comes far too late (on Windows it runs on). Returns the function that ends the watch.
 */
export function watchClockJumps(clock: Clock, onJump: (jumpMs: number) => void): () => void {
  let wallMs = clock.now();
  let monotonicMs = clock.monotonicMs();
  let cancelNext: () => void;
  const look = () => {
    const wallPassedMs = clock.now() - wallMs;
    const passedMs = clock.monotonicMs() - monotonicMs;
    wallMs += wallPassedMs;
    monotonicMs += passedMs;
    cancelNext = clock.after(LOOK_MS, look);
    const partedMs = wallPassedMs - passedMs;
    const lateMs = passedMs - LOOK_MS;
    const jumpMs = Math.abs(partedMs) > lateMs ? partedMs : lateMs;
    if (Math.abs(jumpMs) >= JUMP_MS) onJump(jumpMs);
  };
  cancelNext = clock.after(LOOK_MS, look);
  return () => cancelNext();
}
