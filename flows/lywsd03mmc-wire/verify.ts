import { isBenchError } from '../../src/core/errors.ts';
import { done, type StepResult } from '../flow.ts';
import { sameUnit } from './detect.ts';
import { writeTarget } from './flash.ts';
import { foundUnit, fullWire, targetOf, type WireRun, type WireSession } from './session.ts';

/** Header and samples of every page, or every byte. What differs is written once more: that usually cures it. */
export async function verify(session: WireSession, run: WireRun): Promise<StepResult> {
  if (session.wire.ability === 'tx-only') {
    run.log('info', 'TX only: what was written cannot be read back');
    return done;
  }
  // Without a MAC the radio can prove nothing of this very unit: then every byte has to.
  const whole = run.plan.options.verifyWhole || foundUnit(session).mac == null;
  try {
    await compare(session, run, whole);
  } catch (error) {
    if (!isBenchError(error, 'SWS_VERIFY_MISMATCH')) throw error;
    run.warn(`${error.message} It was written once more.`);
    await writeTarget(session, run);
    await compare(session, run, true);
  }
  return done;
}

/** Throws SWS_VERIFY_MISMATCH. */
export async function compare(session: WireSession, run: WireRun, whole: boolean): Promise<void> {
  const wire = fullWire(session);
  const target = targetOf(session);
  await sameUnit(session, run, async () => {
    await wire.verify(target.regions, {
      whole,
      signal: run.signal,
      onProgress: run.progress,
      label: whole ? 'comparing every byte' : 'comparing samples of every page',
    });
    await wire.verify(target.ownUnique, { whole: true, signal: run.signal });
  });
  target.readBack = whole || target.regions.length === 0 ? 'whole' : 'samples';
}
