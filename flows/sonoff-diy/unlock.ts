import { BenchError, isBenchError } from '../../src/core/errors.ts';
import type { SonoffDiy } from '../../src/protocols/sonoff-diy/index.ts';
import type { SonoffRun, SonoffSession } from './session.ts';

const TRIES = 2;

/**
 * Has the unit unlocked by its vendor, where it is not. That takes the internet, changes nothing of its firmware, and
 * lasts. Throws SONOFF_UNLOCK_OFFLINE, SONOFF_UNLOCK_REFUSED, SONOFF_STILL_LOCKED.
 */
export async function unlock({ diy }: SonoffSession, run: SonoffRun): Promise<void> {
  if ((await diy.info()).otaUnlock === true) return;
  let why = '';
  for (let tries = 1; tries <= TRIES; tries++) {
    run.progress({ label: 'its vendor unlocks it over the internet', done: tries - 1, unit: 'tries' });
    why = await asked(diy);
    const { otaUnlock } = await diy.info();
    if (otaUnlock === true || (otaUnlock === undefined && why === '')) {
      run.log('info', 'unlocked by its vendor');
      return;
    }
    run.signal.throwIfAborted();
  }
  throw new BenchError('SONOFF_STILL_LOCKED', {
    message: `The unit was asked to have itself unlocked and says that it is locked. ${why}`.trim(),
  });
}

/** Some end the connection in place of an answer: what came of it is asked for. Says what happened then. */
async function asked(diy: SonoffDiy): Promise<string> {
  try {
    await diy.unlock();
    return '';
  } catch (error) {
    if (!isBenchError(error, ...NO_ANSWER)) throw error;
    return error.message;
  }
}

const NO_ANSWER = [
  'HTTP_CLOSED',
  'HTTP_RESET',
  'HTTP_NO_ANSWER',
  'HTTP_BAD_ANSWER',
  'PLUG_BAD_ANSWER',
] as const;
