import { BenchError } from '../src/core/errors.ts';
import type { RunContext } from './flow.ts';

/**
 * Asks once per batch; throws BACKUP_REQUIRED unless the operator accepts by name. `risk`: what that means for the
 * units, one sentence.
 */
export async function acceptNoBackup(
  run: RunContext,
  why: string,
  risk = 'What is on these units will be lost.',
): Promise<void> {
  const answer = await run.operator.ask({
    id: 'no-backup',
    text: `No backup can be taken: ${why}. ${risk}`,
    choices: [
      { value: 'skip', title: 'leave the unit as it is' },
      { value: 'no-backup', title: 'go on without a backup' },
    ],
    assume: 'no-backup',
    assumed: 'no-backup',
    typed: 'no-backup',
  });
  if (answer !== 'no-backup') throw new BenchError('BACKUP_REQUIRED');
  run.goWithoutBackup(why);
}
