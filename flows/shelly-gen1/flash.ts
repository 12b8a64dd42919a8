import { BenchError, toBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { bringOn } from './bring-on.ts';
import { fetchTakeover } from './fetch-takeover.ts';
import { prove } from './prove.ts';
import { WIRE_FLOW } from './recovery.ts';
import { metUnit, STAGES, type ShellyRun, type ShellySession } from './session.ts';

/**
 * Converts the unit. From the order on nothing is cancelled: the unit goes on by itself, and only who watches it to its
 * proof knows what it is now.
 */
export async function flash(session: ShellySession, run: ShellyRun): Promise<StepResult> {
  const { isHalfway, answer } = metUnit(session);
  await run.pilotFirst(run.plan.conversion!.model.type);
  if (!isHalfway) await isStillStock(session, run);
  run.signal.throwIfAborted();
  await run.writeBegins();
  run.log('info', `begins with ${answer.title}`);
  try {
    if (!isHalfway) {
      const unconverted = await fetchTakeover(session, run);
      if (unconverted !== undefined) return settle(unconverted);
    }
    await bringOn(session, run);
    run.plan.openProofs.set(run.link.text, { mac: metUnit(session).mac, at: session.at });
    // A cancel that came meanwhile must not hide what the unit is now.
    return run.signal.aborted ? settle(await prove(session, run)) : done;
  } catch (error) {
    return settle(endOf(session, run, error));
  }
}

/** While it waited for the pilot it may have been changed by somebody else. */
async function isStillStock(session: ShellySession, run: ShellyRun): Promise<void> {
  const { mac, answer } = metUnit(session);
  const now = await whoAnswers(session.link.network, session.at, { signal: run.signal, mac });
  if (now?.mac !== undefined) await run.identify({ mac: now.mac });
  if (now?.firmware === answer.firmware) return;
  throw new BenchError('PLUG_NOT_FOUND', {
    message: `The unit answered as ${answer.title}; now there is ${now?.title ?? 'nothing'}.`,
  });
}

/** The verdict that an error in the middle stands for, with the stage that was reached and the way back from it. */
function endOf(session: ShellySession, run: ShellyRun, thrown: unknown): Verdict {
  const error = toBenchError(thrown);
  if (error.code === 'BUG') throw thrown;
  const stage = session.stage ?? STAGES[0];
  const notDone = [`reached: stage ${STAGES.indexOf(stage)} of ${STAGES.length - 1}, ${stage}`];
  if (error.code === 'ABORTED')
    return verdictFrom(
      new BenchError('TAKEOVER_SILENT', {
        message: `Broken off by the operator in the stage "${stage}"; the unit goes on by itself, and the server serves it.`,
        advice: 'Leave the power on for five minutes, then retry: it looks at what runs now.',
      }),
      { notDone },
    );
  return verdictFrom(error, { notDone, ...(isLost(error) && { next: WIRE_FLOW }) });
}

const isLost = ({ code }: BenchError): boolean => code === 'TAKEOVER_CUT' || code === 'TAKEOVER_SILENT';
