import { md5Hex } from '../../src/core/digest.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { FlashRegion } from '../../src/firmware/place-parts.ts';
import { done, type StepResult } from '../flow.ts';
import { describeDifference } from './difference.ts';
import { readBytes } from './read-bytes.ts';
import { loaderOf, type EspRun, type EspSession } from './session.ts';

/** Writes what is not there yet, each part checked by MD5 before the next; a part that differs is written again slower. */
export async function flash(session: EspSession, run: EspRun): Promise<StepResult> {
  const loader = loaderOf(session);
  // Between backup and write somebody may have changed the unit: the identity is read once more before the first byte.
  await loader.resync();
  await run.identify({ mac: loader.identity.mac });
  await run.writeBegins();
  const { eraseFirst } = run.plan.options;
  if (eraseFirst && run.plan.task === 'flash') {
    run.progress({ label: 'erasing the whole flash', done: 0, unit: 'seconds' });
    await loader.eraseChip({ signal: run.signal });
    session.equalRegions = new Set();
  }
  const todo = session.regions.filter((region) => !session.equalRegions.has(region));
  const total = todo.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let before = 0;
  for (const region of todo) {
    const label = `writing ${region.title} at 0x${region.offset.toString(16)}`;
    await writeChecked(session, run, region, (bytesDone) =>
      run.progress({ label, done: before + bytesDone, total, unit: 'bytes' }),
    );
    before += region.bytes.length;
  }
  return done;
}

async function writeChecked(
  session: EspSession,
  run: EspRun,
  region: FlashRegion,
  onBytes: (bytesDone: number) => void,
): Promise<void> {
  const loader = loaderOf(session);
  for (;;) {
    let acknowledged = 0;
    await loader.writeRegion(region, {
      signal: run.signal,
      onProgress: ({ done: bytesDone }) => {
        run.wrote(Math.max(0, bytesDone - acknowledged));
        acknowledged = bytesDone;
        onBytes(bytesDone);
      },
    });
    if (!canHash(session) || (await isInFlash(session, run, region))) return;
    const finding = await diagnose(session, run, region);
    run.log('warn', `${region.title}: ${finding}`);
    const slower = await loader.slowDown();
    if (slower === undefined) {
      throw new BenchError('VERIFY_MISMATCH', {
        message: `${region.title} at 0x${region.offset.toString(16)} is not what was written: ${finding}.`,
        advice: `Power the unit from its own supply (never the 3.3 V pad) and retry; if it repeats, ${run.plan.device.lastResort}.`,
      });
    }
    run.warn(
      `${region.title} did not verify (${finding}); written again at ${slower} baud. A weak supply is the usual cause.`,
    );
  }
}

/** False where the ROM of an ESP8266 answers: it can neither read nor hash. */
export function canHash(session: EspSession): boolean {
  const loader = loaderOf(session);
  return loader.mode === 'stub' || loader.identity.chip !== 'ESP8266';
}

/** Neither the question nor its answer carries a checksum: a mismatch is asked for a second time. */
export async function isInFlash(session: EspSession, run: EspRun, region: FlashRegion): Promise<boolean> {
  const ask = () => loaderOf(session).md5(region.offset, region.bytes.length, { signal: run.signal });
  const wanted = md5Hex(region.bytes);
  return (await ask()) === wanted || (await ask()) === wanted;
}

/** Why the MD5 differs, from two reads of what is in flash now. */
async function diagnose(session: EspSession, run: EspRun, region: FlashRegion): Promise<string> {
  const read = () =>
    readBytes(session, run, region.offset, region.bytes.length, `reading back ${region.title}`);
  const first = await read();
  const second = await loaderOf(session).md5(region.offset, region.bytes.length, { signal: run.signal });
  if (md5Hex(first) !== second)
    return 'two reads of the same flash differ: the supply sags or a data line is loose';
  return describeDifference(region.bytes, first, region.offset);
}
