import { BenchError } from '../src/core/errors.ts';
import type { RunContext } from './flow.ts';

/**
 * Another unit's firmware goes in only by name; throws BACKUP_OF_OTHER_UNIT. `whose`: `the unit a4:c1:…`, `an unknown
 * unit`; `areas`: what stays this unit's own.
 */
export async function acceptOtherUnit(run: RunContext, whose: string, areas = 'data areas'): Promise<void> {
  const answer = await run.operator.ask({
    id: `other-unit ${whose}`,
    text: `This backup is of ${whose}. Only its firmware would be written, not its ${areas}.`,
    choices: [
      { value: 'skip', title: 'leave the unit as it is' },
      { value: 'other-unit', title: 'write the firmware of the other unit' },
    ],
    assume: 'other-unit',
    assumed: 'other-unit',
    typed: 'other-unit',
  });
  if (answer !== 'other-unit') throw new BenchError('BACKUP_OF_OTHER_UNIT');
  run.warn(`Restored from the backup of ${whose}; ${areas} of this unit were left alone.`);
}
