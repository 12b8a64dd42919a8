import type { ProbedChip } from '../../src/protocols/flashrom/flashrom.ts';
import { Flashrom } from '../../src/protocols/flashrom/flashrom.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import type { DafangPart } from '../../src/firmware/dafang/flash-map.ts';
import type { ProgrammerLink, RunContext } from '../flow.ts';
import type { DafangPlan } from './plan.ts';

/** Kind of the backups of this flow. */
export const WHOLE_CHIP = 'whole-chip';

export type DafangRun = RunContext<DafangPlan>;

/** One programmer and the chip that is on it now. */
export interface DafangSession {
  readonly link: ProgrammerLink;
  readonly flashrom: Flashrom;
  chip: ProbedChip | undefined;
  /** The whole chip as it was, read twice. */
  dump: Uint8Array;
  /** What the whole chip is to hold after the run. */
  target: Uint8Array;
  /** Parts in which they differ: what is written. */
  changed: readonly DafangPart[];
  /** What the read-back proved. */
  written: Verdict | undefined;
  /** What was left undone, in the operator's words. */
  notDone: readonly string[];
}

const NOTHING = new Uint8Array();

export async function openSession(run: DafangRun): Promise<DafangSession> {
  const link = await run.openProgrammer();
  const { programs, programmer } = link;
  try {
    const flashrom = await Flashrom.open({ programs, programmer, clock: run.clock, log: run.log });
    return {
      link,
      flashrom,
      chip: undefined,
      dump: NOTHING,
      target: NOTHING,
      changed: [],
      written: undefined,
      notDone: [],
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

export async function closeSession({ flashrom, link }: DafangSession): Promise<void> {
  await flashrom.close();
  await link.close();
}
