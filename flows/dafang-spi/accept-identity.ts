import { BenchError } from '../../src/core/errors.ts';
import type { EarlierRun, RunContext } from '../flow.ts';

/** A run after which a camera with this identity is out there, or may be. */
const leftOneAlive = ({ task, outcome, wrote }: EarlierRun): boolean =>
  task !== 'backup' && (outcome === 'CURRENT' || (wrote && (outcome === 'PASS' || outcome === 'UNSURE')));

/**
 * An identity comes from a file only onto the camera it belongs to: two with one MAC knock each other off. The operator
 * types it, and no other unit of the records or the bench may have it. Throws FIRMWARE_REFUSED, MAC_OF_OTHER_UNIT,
 * SAME_UNIT, OPERATOR_NEEDED. `own`: what the camera says of itself now.
 */
export async function acceptIdentity(
  own: string | undefined,
  run: Pick<RunContext, 'earlierRuns' | 'operator' | 'link' | 'identify'>,
  mac: string | undefined,
): Promise<void> {
  if (mac === undefined)
    throw new BenchError('FIRMWARE_REFUSED', { message: 'There is no MAC in the para of this file.' });
  if (own !== undefined && own !== mac) {
    throw new BenchError('MAC_OF_OTHER_UNIT', {
      message: `This camera is ${own}, the identity in the file is ${mac}: two cameras with one MAC knock each other off.`,
    });
  }
  const alive = own === undefined ? (await run.earlierRuns(mac)).findLast(leftOneAlive) : undefined;
  if (alive) {
    throw new BenchError('MAC_OF_OTHER_UNIT', {
      message: `A camera with this MAC (${mac}) left the bench in good order in ${alive.batch}, run ${alive.run}.`,
      advice: 'Use the dump of the camera this chip is for.',
    });
  }
  const answer = await run.operator.ask({
    id: `identity ${mac} ${run.link.text}`,
    text: `The identity ${mac} from the file goes onto this chip. Is it the MAC of this very camera (label, router)?`,
    choices: [
      { value: 'no', title: 'no: leave the chip as it is' },
      { value: mac, title: `yes, it is ${mac}` },
    ],
    typed: mac,
  });
  if (answer !== mac) throw new BenchError('SKIPPED_BY_OPERATOR');
  await run.identify({ mac });
}
