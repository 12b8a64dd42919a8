import { BenchError } from '../../src/core/errors.ts';
import { hangUp, type BleRun, type BleSession } from './session.ts';

/** Asks once a batch. Throws MI_ALREADY_BOUND unless it is accepted by name. Holds no connection while it waits. */
export async function acceptRebind(session: BleSession, run: BleRun): Promise<void> {
  if (!run.assume.has('rebind')) await hangUp(session);
  const answer = await run.operator.ask({
    id: 'rebind',
    text: "Units are bound to somebody's account, and no token of them is known. Activating them anew takes them away from there.",
    choices: [
      { value: 'skip', title: 'leave such units as they are' },
      { value: 'rebind', title: 'activate them anew' },
    ],
    assume: 'rebind',
    assumed: 'rebind',
    typed: 'rebind',
  });
  if (answer !== 'rebind') throw new BenchError('MI_ALREADY_BOUND');
  session.rebind = true;
  run.warn('It was bound to an account and is activated anew: whoever had it has lost it.');
}
