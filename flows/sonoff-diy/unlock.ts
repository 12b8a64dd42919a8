import { BenchError, isBenchError } from '../../src/core/errors.ts';
import type { SonoffRun, SonoffSession } from './session.ts';

/**
 * Has the unit unlocked by its vendor, where it is not. That takes the internet, changes nothing of its firmware, and
 * lasts. Throws SONOFF_UNLOCK_OFFLINE, SONOFF_UNLOCK_REFUSED, SONOFF_STILL_LOCKED.
 */
export async function unlock({ diy }: SonoffSession, run: SonoffRun): Promise<void> {
  const before = await diy.info();
  if (before.otaUnlock === true) return;
  run.progress({ label: 'its vendor unlocks it over the internet', done: 0, unit: 'tries' });
  let why = '';
  try {
    await diy.unlock();
  } catch (error) {
    // Some end the connection in place of an answer: whether they are unlocked is asked for.
    if (
      !isBenchError(
        error,
        'HTTP_CLOSED',
        'HTTP_RESET',
        'HTTP_NO_ANSWER',
        'HTTP_BAD_ANSWER',
        'PLUG_BAD_ANSWER',
      )
    )
      throw error;
    why = ` ${error.message}`;
  }
  const { otaUnlock } = await diy.info();
  if (otaUnlock === true || (otaUnlock === undefined && why === '')) {
    run.log('info', 'unlocked by its vendor');
    return;
  }
  throw new BenchError('SONOFF_STILL_LOCKED', {
    message: `The unit was asked to have itself unlocked and says that it is locked.${why}`,
  });
}
