import { BenchError } from '../../src/core/errors.ts';
import { crcOf } from '../../src/protocols/uboot/index.ts';
import { done, type StepResult } from '../flow.ts';
import { crcOfFlash } from './read-part.ts';
import { IDENTITY, type ConsoleRun, type ConsoleSession } from './session.ts';

/** What was written has been read back where it was written; here: `config` and `para` are what they must be. */
export async function verify(session: ConsoleSession, run: ConsoleRun): Promise<StepResult> {
  run.progress({ label: 'comparing config and para with the backup', done: 0, unit: 'tries' });
  // A cancel does not keep the operator from knowing whether the camera still has its identity.
  const expected = crcOf(session.wantedIdentity!);
  if ((await crcOfFlash(session, IDENTITY, expected)) === expected) return done;
  throw new BenchError('IDENTITY_CHANGED', {
    advice: 'Leave the power on and run benchflash restore dafang-console with the backup of this run.',
  });
}
