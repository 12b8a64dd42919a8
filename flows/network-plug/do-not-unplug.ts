import type { RunContext } from '../flow.ts';

/**
 * How long power must stay on once an update is through, ms: boot loaders of these devices copy without a second
 * chance, and nothing tells when they are done but the new firmware itself. Tasmota copies within 20 s and needs up to
 * 90 s until it is back on the network; the conversion of a Shelly takes up to 3 min; HAA fetches itself in 15 min.
 */
export const SETTLING_MS = { tasmota: 90_000, mongoose: 180_000, haa: 15 * 60_000 } as const;

/** Shows `do not unplug` with what is left. */
export function doNotUnplug(run: RunContext, forMs: number): void {
  run.vitals({ doNotUnplugUntilMs: run.clock.monotonicMs() + forMs });
}

/** It may be unplugged again. */
export function mayUnplug(run: RunContext): void {
  run.vitals({ doNotUnplugUntilMs: run.clock.monotonicMs() });
}
