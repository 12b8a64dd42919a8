import { BenchError } from '../../src/core/errors.ts';
import { done, type StepResult } from '../flow.ts';
import { canHash, isInFlash } from './flash.ts';
import { loaderOf, type EspRun, type EspSession } from './session.ts';

/** One more look at everything, after the last byte was written: each part by the MD5 that the unit itself computes. */
export async function verify(session: EspSession, run: EspRun): Promise<StepResult> {
  if (!canHash(session)) {
    run.warn('The ROM of an ESP8266 cannot hash its flash: what was written could not be read back.');
    return done;
  }
  const total = session.regions.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let checked = 0;
  await loaderOf(session).resync();
  for (const region of session.regions) {
    const label = `checking ${region.title}`;
    run.progress({ label, done: checked, total, unit: 'bytes' });
    if (!(await isInFlash(session, run, region))) {
      throw new BenchError('VERIFY_MISMATCH', {
        message: `${region.title} at 0x${region.offset.toString(16)} verified once and differs now.`,
        advice: `Power the unit from its own supply (never the 3.3 V pad) and retry; if it repeats, ${run.plan.device.lastResort}.`,
      });
    }
    checked += region.bytes.length;
    run.progress({ label, done: checked, total, unit: 'bytes' });
  }
  session.readBack = true;
  return done;
}
