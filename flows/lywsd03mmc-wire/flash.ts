import { BenchError, isBenchError } from '../../src/core/errors.ts';
import type { FlashRegion, FullWire, TxOnlyWire } from '../../src/protocols/telink/sws/index.ts';
import { done, type StepResult } from '../flow.ts';
import { contact, sameUnit } from './detect.ts';
import { foundUnit, fullWire, targetOf, type WireRun, type WireSession } from './session.ts';
import { guardUnique, sectorsOnErased, uniqueSectors } from './unique-areas.ts';

/** Writes the image over the sectors that it covers, and nothing else. */
export async function flash(session: WireSession, run: WireRun): Promise<StepResult> {
  const { wire } = session;
  const target = targetOf(session);
  guardUnique(target.regions);
  if (wire.ability === 'tx-only') {
    await run.writeBegins();
    session.halfWritten = true;
    await writeAll(wire, target.regions, run);
    session.halfWritten = false;
    target.flashes += 1;
    return done;
  }
  // Between backup and write somebody may have changed the unit: it is met once more before the first byte.
  await sameUnit(session, run, () => contact(session, run));
  if (run.plan.options.eraseAll && run.plan.task === 'flash') await eraseAll(session, run);
  else await run.writeBegins();
  await writeTarget(session, run);
  return done;
}

/**
 * Writes everything of the target. A chip that falls silent in the middle (its power went, its watchdog bit) is met anew
 * once, and then all of it is written again: half an image is what it would be left with otherwise.
 */
export async function writeTarget(session: WireSession, run: WireRun): Promise<void> {
  const wire = fullWire(session);
  const target = targetOf(session);
  guardUnique(target.regions);
  const regions = [...target.regions, ...target.ownUnique];
  target.readBack = 'no';
  target.flashes += 1;
  session.halfWritten = true;
  try {
    await writeAll(wire, regions, run);
  } catch (error) {
    if (!isBenchError(error, 'SWS_NO_ANSWER', 'SWS_READ_UNRELIABLE')) throw error;
    run.warn('The chip fell silent in the middle of the write: it was caught again and written anew.');
    session.caught = false;
    await contact(session, run);
    await writeAll(wire, regions, run);
  }
  session.halfWritten = false;
}

async function writeAll(
  wire: FullWire | TxOnlyWire,
  regions: readonly FlashRegion[],
  run: WireRun,
): Promise<void> {
  await wire.unlock();
  let counted = 0;
  await wire.write(regions, {
    signal: run.signal,
    label: 'writing flash',
    onProgress: (progress) => {
      run.wrote(progress.done - counted);
      counted = progress.done;
      run.progress(progress);
    },
  });
}

/** Only by its typed name, and what is unique goes back at once, from the bytes that the backup was made of. */
async function eraseAll(session: WireSession, run: WireRun): Promise<void> {
  const answer = await run.operator.ask({
    id: 'erase-all',
    text: 'The whole flash of these units will be erased. MAC, trim, hardware text and keys go back from the backup.',
    choices: [
      { value: 'skip', title: 'leave the unit as it is' },
      { value: 'erase-all', title: 'erase everything' },
    ],
    typed: 'erase-all',
  });
  if (answer !== 'erase-all')
    throw new BenchError('SKIPPED_BY_OPERATOR', { message: 'Erasing the whole flash was not accepted.' });
  const wire = fullWire(session);
  await run.writeBegins();
  await wire.unlock();
  run.progress({ label: 'erasing the whole flash', done: 0, unit: 'seconds' });
  await wire.eraseChip();
  const own = sectorsOnErased(foundUnit(session).areas);
  await wire.write(own, { onProgress: run.progress, label: 'putting back what is unique' });
  await wire.verify(own, { whole: true, onProgress: run.progress, label: 'checking what is unique' });
  run.log('info', `whole flash erased; ${uniqueSectors.length} sectors put back and compared`);
}
