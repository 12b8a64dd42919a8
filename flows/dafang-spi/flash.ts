import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { sameBytes } from '../../src/firmware/bytes.ts';
import { dafangPart, partOf, type DafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../src/firmware/dafang/identity.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { changedParts } from './build-target.ts';
import { prove } from './verify.ts';
import type { DafangRun, DafangSession } from './session.ts';
import { readPara } from './wire-check.ts';

const names = (parts: readonly DafangPart[]) => parts.map(({ name }) => name).join(', ');
const sizeOf = (parts: readonly DafangPart[]) => parts.reduce((sum, { size }) => sum + size, 0);

/** Writes the changed parts and nothing else. A cancel waits for the end and the proof. */
export async function flash(session: DafangSession, run: DafangRun): Promise<StepResult> {
  // Between backup and write somebody may have put another chip on.
  const para = await readPara(session, run);
  if (!sameBytes(para, partOf(session.dump, dafangPart('para')))) {
    // A chip that says who it is settles this run for its own; without that it may be the contact.
    const { mac } = identityOf(para);
    if (mac !== undefined) await run.identify({ mac });
    throw new BenchError('FLASH_READS_DIFFER', {
      message: 'The chip does not read as it did for the backup: another chip, or the contact went bad.',
    });
  }
  run.signal.throwIfAborted();
  await run.writeBegins();
  await writeParts(session, run, session.changed);
  if (run.signal.aborted) return settle(await prove(session, run));
  return done;
}

/**
 * flashrom 1.3.0 falls back to erasing the whole chip when a part does not take its bytes, para and config with it
 * (seen with its dummy and `spi_blacklist=02`). So after a failure the whole chip is read, and whatever is not as it
 * must be is written once more from the image in hand.
 */
async function writeParts(
  session: DafangSession,
  run: DafangRun,
  parts: readonly DafangPart[],
): Promise<void> {
  try {
    await write(session, run, parts);
  } catch (error) {
    if (!isBenchError(error, 'FLASH_STATE_UNKNOWN')) throw error;
    run.warn(`The write failed; the chip is read to see what it holds. (${error.message})`);
    const wrong = await wrongParts(session, run, error);
    if (wrong.length === 0) return;
    run.warn(`Not as they must be: ${names(wrong)}. They are written once more.`);
    await writeAgain(session, run, wrong);
  }
}

async function writeAgain(
  session: DafangSession,
  run: DafangRun,
  parts: readonly DafangPart[],
): Promise<void> {
  try {
    await write(session, run, parts);
  } catch (error) {
    if (!isBenchError(error, 'FLASH_STATE_UNKNOWN', 'FLASH_PROTECTED')) throw error;
    const wrong = await wrongParts(session, run, error);
    if (wrong.length === 0) return;
    const lost = wrong.filter(({ unique }) => unique);
    throw new BenchError('FLASH_STATE_UNKNOWN', {
      message: `Writing failed twice. Not as they must be: ${names(wrong)}.${lost.length > 0 ? ` ${names(lost)} are only in the backup now.` : ''}`,
      advice:
        'Leave the chip on the programmer, check WP, HOLD and every contact, then bring it back with benchflash restore --backup FILE.',
    });
  }
}

async function write({ flashrom, target }: DafangSession, run: DafangRun, parts: readonly DafangPart[]) {
  await flashrom.write(target, parts, {
    label: `writing ${names(parts)}`,
    signal: run.brokenOff,
    onProgress: run.progress,
  });
  run.wrote(sizeOf(parts));
}

async function wrongParts(
  session: DafangSession,
  run: DafangRun,
  failure: BenchError,
): Promise<DafangPart[]> {
  try {
    const now = await session.flashrom.read(session.target.length, {
      label: 'reading what the chip holds now',
      signal: run.brokenOff,
      onProgress: run.progress,
    });
    return changedParts(now, session.target);
  } catch {
    throw failure;
  }
}
