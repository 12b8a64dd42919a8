import { runChild } from './child-programs.ts';
import type { PhaseResult } from './children/many-slots.ts';
import { watchEventLoop, type LoopDelay } from './event-loop.ts';
import { serveDevices } from './served-devices.ts';

export interface ManySlotsResult {
  readonly slots: number;
  readonly baudRate: number;
  readonly phases: readonly PhaseResult[];
  /** Of this process, which only waited: what the machine itself delayed at the same time. */
  readonly idle: LoopDelay;
}

/** The whole bench with `slots` units at once: a backup of each, then a flash of each. */
export async function measureManySlots(slots = 32, baudRate = 460_800): Promise<ManySlotsResult> {
  const devices = await serveDevices({ device: 'lamp', paceBaud: baudRate, count: slots });
  const stop = watchEventLoop();
  try {
    const phases = await runChild<PhaseResult[]>('many-slots', { links: devices.links, baudRate });
    return { slots, baudRate, phases, idle: stop() };
  } finally {
    await devices.stop();
  }
}
