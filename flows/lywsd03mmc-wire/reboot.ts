import type { Verdict } from '../../src/core/outcome.ts';
import { isBenchError } from '../../src/core/errors.ts';
import type { HeardUnit } from '../../src/protocols/adverts/index.ts';
import { settle, type StepResult } from '../flow.ts';
import { speaksFor } from '../lywsd03mmc/air-identity.ts';
import { contact, sayVitals } from './detect.ts';
import { writeTarget } from './flash.ts';
import { isProfile } from '../lywsd03mmc/profile-settings.ts';
import { profileNotDone, withProfile } from './profile.ts';
import { foundUnit, type Target, targetOf, type WireRun, type WireSession } from './session.ts';
import { startUnit } from './start-unit.ts';
import { proveByRadio } from './tx-only-proof.ts';
import { currentVerdict, heardVerdict, openVerdict, readBackVerdict } from './verdicts.ts';
import { compare } from './verify.ts';

/** Of a unit that is known to hold its image: hearing it is welcome, not needed. */
const CURRENT_LIMIT_MS = 10_000;
/** A unit that starts is heard within a few of its intervals; then a first flash counts as one that did not take. */
const FIRST_LIMIT_MS = 20_000;

/** Starts the unit and proves what it runs. */
export async function reboot(session: WireSession, run: WireRun): Promise<StepResult> {
  if (session.wire.ability === 'tx-only') return settle(await proveByRadio(session, session.wire, run));
  const target = targetOf(session);
  if (target.current) return settle(await current(session, run));
  await startUnit(session, run);
  const { listenMs } = run.plan.options;
  const cannot = cannotListen(session, target);
  if (cannot != null) {
    const left = profileNotDone(run, cannot);
    if (target.readBack === 'whole') {
      if (target.firmware != null) await run.identify({ firmware: target.firmware });
      return settle(readBackVerdict(run, target, cannot, left));
    }
    keepOpen(session, run);
    return settle(
      openVerdict('SAMPLES_ONLY', {
        target,
        notDone: [`no proof by radio: ${cannot}`, ...left],
        ...(target.airIdentity == null && {
          advice: 'Set verify=whole and run it again: no radio can tell it.',
        }),
      }),
    );
  }
  try {
    const heard =
      (await hear(session, run, Math.min(listenMs, FIRST_LIMIT_MS))) ??
      ((await flashAgain(session, run)) ? await hear(session, run, listenMs) : undefined);
    if (heard != null)
      return settle(await withProfile(session, run, heard, heardVerdict(run, target, heard)));
  } catch (error) {
    // Cancelled while it was listened for: what was written stays written, only its proof is missing.
    if (!run.signal.aborted) throw error;
  }
  keepOpen(session, run);
  return settle(notHeard(session, run, target));
}

/** Why the radio can prove nothing of this unit; undefined where it can. */
function cannotListen({ ear, noRadioBecause, unit }: WireSession, target: Target): string | undefined {
  if (ear == null) return noRadioBecause ?? 'the job listens to no radio';
  if (unit?.mac == null) return 'its MAC was erased, so that it cannot be told on the radio';
  return target.airIdentity == null ? 'what was written cannot be told on the radio' : undefined;
}

/** The unit's own MAC, from now on, under what the image sends. */
function hear(session: WireSession, run: WireRun, limitMs: number): Promise<HeardUnit | undefined> {
  const { mac } = foundUnit(session);
  return hearMac(session, run, mac!, targetOf(session), limitMs);
}

export async function hearMac(
  session: WireSession,
  run: WireRun,
  mac: string,
  { airIdentity, firmware }: Pick<Target, 'airIdentity' | 'firmware'>,
  limitMs: number,
): Promise<HeardUnit | undefined> {
  run.progress({ label: 'listening for the new firmware', done: 0, unit: 'seconds' });
  const heard = await session.ear!.next(
    run,
    limitMs,
    (unit) => (unit.mac ?? unit.address) === mac && (airIdentity == null || speaksFor(unit, airIdentity)),
  );
  if (heard != null)
    await run.identify({ ...(heard.name != null && { name: heard.name }), ...(firmware && { firmware }) });
  sayVitals(session, run, mac);
  return heard;
}

/**
 * "Dead after the first flash, works on the second" (atc1441#298, #343, pvvx#489): once, by the flow itself, and every
 * byte is compared then. False where the chip could not be met again: the first flash stays open.
 */
async function flashAgain(session: WireSession, run: WireRun): Promise<boolean> {
  run.warn('It was not heard after the flash: it is flashed a second time, which cures a blank unit.');
  try {
    await contact(session, run);
  } catch (error) {
    if (!isBenchError(error, 'SWS_NO_ANSWER', 'OPERATOR_NEEDED')) throw error;
    run.log('warn', `no second flash: ${error.message}`);
    return false;
  }
  await writeTarget(session, run);
  await compare(session, run, true);
  await startUnit(session, run);
  return true;
}

async function current(session: WireSession, run: WireRun): Promise<Verdict> {
  await startUnit(session, run);
  const target = targetOf(session);
  const why = session.ear == null ? (session.noRadioBecause ?? 'the job listens to no radio') : undefined;
  const { mac } = foundUnit(session);
  const limitMs = Math.min(run.plan.options.listenMs, CURRENT_LIMIT_MS);
  const heard = why == null && mac != null ? await hearMac(session, run, mac, target, limitMs) : undefined;
  const verdict = currentVerdict(run, heard, why ?? 'it was not heard');
  if (!isProfile(run.plan.profile)) return verdict;
  return {
    ...verdict,
    notDone: [...(verdict.notDone ?? []), ...profileNotDone(run, 'nothing was written')],
  };
}

function keepOpen(session: WireSession, run: WireRun): void {
  const { mac } = foundUnit(session);
  const { airIdentity, firmware } = targetOf(session);
  if (mac != null && airIdentity != null)
    run.plan.openProofs.set(run.link.text, { kind: 'known', mac, airIdentity, firmware });
}

function notHeard({ ear }: WireSession, run: WireRun, target: Target): Verdict {
  const others = ear!.sightings.units().length;
  const air = others === 0 ? 'no thermometer at all was heard' : `${others} other thermometers were heard`;
  return openVerdict('NEW_FIRMWARE_NOT_HEARD', {
    target,
    evidence: air,
    notDone: ['the unit was not heard', ...profileNotDone(run, 'the unit was not heard')],
    message: `Written and ${target.readBack === 'whole' ? 'every byte' : 'samples of every page'} read back, but the unit was not heard on the radio under its new firmware.`,
  });
}
