import { BenchError, isBenchError, toBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { doNotUnplug, mayUnplug, SETTLING_MS } from '../network-plug/index.ts';
import { download } from './download.ts';
import { prove } from './prove.ts';
import { metUnit, wantedUnit, type SonoffRun, type SonoffSession } from './session.ts';
import { unlock } from './unlock.ts';

/** With a wrong image in its staging area a unit may not start again: its power is asked for long, ms. */
const WRONG_IMAGE_MS = 30 * 60_000;

/** Unlocks the unit, orders its download and stays until it has the image, or says why not. */
export async function flash(session: SonoffSession, run: SonoffRun): Promise<StepResult> {
  const { info } = metUnit(session);
  await run.pilotFirst(`Sonoff DIY, firmware ${info.firmware ?? 'unknown'}`);
  await isStillThere(session, run);
  await unlock(session, run);
  run.signal.throwIfAborted();
  await run.writeBegins();
  try {
    session.isFetching = true;
    const fetched = await download(session, run);
    session.isFetching = false;
    if (fetched === 'posted') run.log('info', 'the unit says that its update went well');
    else session.notDone.push('the unit did not say how its update ended: only its new firmware tells');
    doNotUnplug(run, SETTLING_MS.tasmota);
    run.plan.openProofs.set(run.link.text, wantedUnit(session));
    // A cancel that came meanwhile must not hide what the unit is now.
    return run.signal.aborted ? settle(await prove(session, run)) : done;
  } catch (error) {
    return settle(await endOf(session, run, error));
  }
}

/** While it waited for the pilot another unit may have got its address. */
async function isStillThere({ link, at, met }: SonoffSession, run: SonoffRun): Promise<void> {
  const mac = await link.network.macOf(at.host);
  if (mac !== undefined) await run.identify({ mac, firmware: met!.title });
}

/** What a download that did not end well stands for. */
async function endOf(session: SonoffSession, run: SonoffRun, thrown: unknown): Promise<Verdict> {
  const error = toBenchError(thrown);
  if (error.code === 'BUG') throw thrown;
  if (error.code === 'ABORTED') {
    const { bytes } = session.watch!.now;
    return verdictFrom(
      new BenchError('NEW_FIRMWARE_SILENT', {
        message: `Broken off by the operator at ${bytes} bytes; the unit goes on by itself, and the server serves it.`,
      }),
    );
  }
  session.isFetching = false;
  await session.offering!.withdraw();
  if (error.code === 'SONOFF_HASH_WRONG') {
    doNotUnplug(run, WRONG_IMAGE_MS);
    return verdictFrom(error, { next: 'esp8266-plug-wire' });
  }
  const stays = await answersAsBefore(session, run);
  if (stays) mayUnplug(run);
  const evidence = stays
    ? { proof: ['answered'] as const, evidence: `${metUnit(session).title} answers` }
    : {};
  const { bytes } = session.watch!.now;
  const untouched = stays && bytes === 0 && isBenchError(error, ...NOTHING_FETCHED);
  return verdictFrom(error, { ...evidence, ...(untouched && { untouched }) });
}

/** With these the unit has not one byte of the image, or refused it before it was written. */
const NOTHING_FETCHED = [
  'DOWNLOAD_NOT_STARTED',
  'SONOFF_STILL_LOCKED',
  'SONOFF_TOO_LARGE',
  'SONOFF_REFUSED',
] as const;

async function answersAsBefore({ diy }: SonoffSession, run: SonoffRun): Promise<boolean> {
  try {
    await diy.info();
    return true;
  } catch (error) {
    if (run.brokenOff.aborted || !(error instanceof BenchError)) throw error;
    return false;
  }
}
