import { BenchError } from '../src/core/errors.ts';
import type { RunContext } from './flow.ts';

/** Asks once per batch; throws BACKUP_REQUIRED unless the operator accepts by name. */
export async function acceptNoBackup(run: RunContext, why: string): Promise<void> {
  const answer = await run.operator.ask({
    id: 'no-backup',
    text: `No backup can be taken: ${why}. What is on these units will be lost.`,
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
