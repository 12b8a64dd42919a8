import { watchBoot } from '../../src/protocols/uboot/index.ts';
import { settle, type StepResult } from '../flow.ts';
import { bootVerdict, verdictOf, WAYS_TO_PARA } from './boot-verdict.ts';
import { detect } from './detect.ts';
import { paraOf, type ConsoleRun, type ConsoleSession } from './session.ts';

/** The SPL answers a reset at once. */
const START_MS = 15_000;

/** Starts the camera and listens: Linux's banner and its MAC are the proof. */
export const reboot = (session: ConsoleSession, run: ConsoleRun): Promise<StepResult> =>
  startAndWatch(session, run, paraOf(session.wantedIdentity!));

async function startAndWatch(
  session: ConsoleSession,
  run: ConsoleRun,
  para: Uint8Array,
): Promise<StepResult> {
  try {
    run.progress({ label: 'starting, waiting for Linux', done: 0, unit: 'tries' });
    await session.console.begin('reset', run.signal);
    const boot = await watchBoot(session.console, {
      signal: run.signal,
      limitMs: START_MS,
      onHeard: ({ kind, message }) => {
        if (kind !== 'nothing') run.log('info', `console: ${message}`);
      },
    });
    const verdict = bootVerdict(session, para, boot);
    if (verdict.code === 'MAC_CHANGED' || verdict.code === 'LINUX_WITHOUT_MAC')
      for (const way of WAYS_TO_PARA) run.log('info', way);
    return settle(verdict);
  } catch (error) {
    // The camera holds the new firmware, and ABORTED would hide that.
    if (run.signal.aborted && session.isReadBack && !session.isCurrent)
      return settle(
        verdictOf(
          session,
          'BOOT_NOT_SEEN',
          undefined,
          'Written and read back; the wait for its start was cancelled.',
          'Power the camera off and on and look again.',
        ),
      );
    throw error;
  }
}

/** Stops at the prompt once more to read whose camera it is, then starts it. Writes nothing. */
export async function lookAgain(session: ConsoleSession, run: ConsoleRun): Promise<StepResult> {
  await detect(session, run);
  // Only this start is looked at: what an earlier run wrote was read back then.
  session.isReadBack = false;
  return startAndWatch(session, run, session.para!);
}
