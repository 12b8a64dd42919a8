import { settle, type StepResult } from '../flow.ts';
import { openEarIfThereIsOne } from '../lywsd03mmc/ear.ts';
import { describeUnit } from '../../src/protocols/adverts/index.ts';
import { profileNotDone } from './profile.ts';
import { hearMac } from './reboot.ts';
import type { WireRun, WireSession } from './session.ts';
import { finish, watch } from './tx-only-proof.ts';
import { openVerdict } from './verdicts.ts';

/** For a run that ended UNSURE: listens only, and sends nothing on the wire. */
export async function lookAgain(session: WireSession, run: WireRun): Promise<StepResult> {
  const open = run.plan.openProofs.get(run.link.text);
  if (open == null)
    return settle(
      openVerdict('NEW_FIRMWARE_NOT_HEARD', {
        message: 'Which unit this run was about is not known any more: it cannot be told on the radio.',
      }),
    );
  const ear = await openEarIfThereIsOne(run);
  if (typeof ear === 'string')
    return settle(openVerdict('NEW_FIRMWARE_NOT_HEARD', { message: `It cannot be listened for: ${ear}` }));
  session.ear = ear;
  if (open.kind === 'unknown') return settle(await finish(session, run, await watch(session, run, open)));
  const heard = await hearMac(session, run, open.mac, open, run.plan.options.listenMs);
  if (heard == null)
    return settle(openVerdict('NEW_FIRMWARE_NOT_HEARD', { notDone: ['the unit was not heard'] }));
  run.plan.openProofs.delete(run.link.text);
  return settle({
    outcome: 'PASS',
    message: 'Written before, samples of it read back, and now the unit was heard with its own MAC under it.',
    proof: ['read back', 'heard'],
    evidence: describeUnit(heard),
    notDone: profileNotDone(run, 'the unit was only listened to'),
  });
}
