import { BenchError, toBenchError } from '../../src/core/errors.ts';
import { MongooseUnit } from '../../src/protocols/mongoose/index.ts';
import type { PlugAnswer } from '../../src/protocols/plugs/index.ts';
import { doNotUnplug, SETTLING_MS, UnitFinder } from '../network-plug/index.ts';
import { enterStage, peerOf, wantedUnit, type ShellyRun, type ShellySession } from './session.ts';
import { tellBytes } from './tell-bytes.ts';
import { offerTarget } from './wire-check.ts';

const LOOK_EVERY_MS = 5_000;
/** The intermediate firmware that answers and has not come to us by then has another URL, or could not reach us, ms. */
const COMES_BY_ITSELF_MS = 45_000;
/** Copying its slot, two restarts and two joins of a unit that took the archive, ms: 1 to 2 min on healthy units. */
const SILENT_LIMIT_MS = 5 * 60_000;
/** Stock firmware that answers so long after it had the archive has not taken it, ms. */
const STOCK_STAYS_MS = 90_000;
/** A transfer that stands still so long while the unit is silent is over, ms. */
const STALL_LIMIT_MS = 10 * 60_000;
const SWEEP_EVERY_MS = 60_000;
const REPOINTS = 3;

/** What is known while the unit is on its way to us. */
interface Way {
  readonly finder: UnitFinder;
  repoints: number;
  /** Monotonic ms; undefined while it does not answer as that. */
  takeoverSinceMs: number | undefined;
  lastSignMs: number;
  sweptMs: number;
  readonly sinceMs: number;
  wasCut: boolean;
}

/**
 * Stages 2 to 4: waits until the intermediate firmware has fetched the target whole, and sends it here where it goes
 * elsewhere. Throws TAKEOVER_STUCK, TAKEOVER_SILENT, TAKEOVER_CUT, OLD_FIRMWARE_STAYED.
 */
export async function bringOn(session: ShellySession, run: ShellyRun): Promise<void> {
  enterStage(session, run, 'intermediate firmware');
  doNotUnplug(run, SETTLING_MS.mongoose);
  const nowMs = run.clock.monotonicMs();
  const way: Way = {
    finder: new UnitFinder(session.link.network, wantedUnit(session)),
    repoints: 0,
    takeoverSinceMs: undefined,
    lastSignMs: nowMs,
    sweptMs: nowMs,
    sinceMs: nowMs,
    wasCut: false,
  };
  try {
    for (;;) {
      if (await isTaken(session, run)) break;
      await look(session, run, way);
    }
  } finally {
    way.finder.close();
    session.at = way.finder.at;
  }
  enterStage(session, run, 'target moves to its place');
  doNotUnplug(run, SETTLING_MS.mongoose);
}

/** True when the target was fetched whole; else after a while without news. Follows a transfer to its end. */
async function isTaken(session: ShellySession, run: ShellyRun): Promise<boolean> {
  const { watch } = session.target!;
  const { asked, broken } = watch.now;
  const options = { clock: run.clock, signal: run.brokenOff };
  const hasNews = await watch.until((now) => now.whole || now.asked > now.broken || now.lost !== undefined, {
    ...options,
    silenceMs: LOOK_EVERY_MS,
  });
  if (watch.now.lost !== undefined) {
    run.log('warn', `The firmware server ended (${watch.now.lost}); the target is put on a new one.`);
    watch.close();
    session.target = await offerTarget(session, run, run.brokenOff);
    session.mustRepoint = true;
    return false;
  }
  if (!hasNews || watch.now.whole) return watch.now.whole;
  enterStage(session, run, 'target image');
  if (asked > 0)
    run.log('info', `the unit asks for the target again (${watch.now.asked}), broken off before: ${broken}`);
  const totalBytes = run.plan.conversion!.target.content.length;
  const stop = tellBytes(run, watch, {
    label: `the unit fetches ${run.plan.conversion!.wanted.title}`,
    totalBytes,
  });
  try {
    await watch.until((now) => now.whole || now.broken >= now.asked || now.lost !== undefined, {
      ...options,
      silenceMs: STALL_LIMIT_MS,
    });
  } finally {
    stop();
  }
  const { whole, bytes } = watch.now;
  if (!whole) run.warn(`The second stage broke off at ${bytes} of ${totalBytes} bytes.`);
  return whole;
}

/** One look at the unit while nothing is fetched. */
async function look(session: ShellySession, run: ShellyRun, way: Way): Promise<void> {
  const { watch } = session.target!;
  way.wasCut ||= watch.now.broken > 0;
  const answer = await find(run, way);
  session.at = way.finder.at;
  const nowMs = run.clock.monotonicMs();
  if (watch.now.asked > watch.now.broken || watch.now.whole) return;
  if (answer === undefined) {
    way.takeoverSinceMs = undefined;
    if (nowMs - way.lastSignMs < SILENT_LIMIT_MS) return;
    throw silent(session, way);
  }
  way.lastSignMs = nowMs;
  switch (answer.firmware) {
    case 'takeover':
      doNotUnplug(run, SETTLING_MS.mongoose);
      return standsStill(session, run, way, nowMs);
    case 'shelly-gen1':
      if (nowMs - way.sinceMs < STOCK_STAYS_MS) return;
      throw new BenchError('OLD_FIRMWARE_STAYED', {
        message: `The unit fetched the takeover archive whole and did not take it: ${answer.title} answers again.`,
      });
    default:
      throw new BenchError('OTHER_FIRMWARE_ANSWERS', {
        message: `In the middle of the conversion the unit answers with ${answer.title}; the target was not fetched.`,
      });
  }
}

async function find(run: ShellyRun, way: Way): Promise<PlugAnswer | undefined> {
  const answer = await way.finder.look(run.brokenOff);
  if (answer !== undefined || run.clock.monotonicMs() - way.sweptMs < SWEEP_EVERY_MS) return answer;
  way.sweptMs = run.clock.monotonicMs();
  return way.finder.sweep(run.brokenOff);
}

/** The intermediate firmware answers and fetches nothing from us: it is sent here. */
async function standsStill(session: ShellySession, run: ShellyRun, way: Way, nowMs: number): Promise<void> {
  way.takeoverSinceMs ??= nowMs;
  // Found halfway it may be fetching from a server that an earlier program left behind: it is not disturbed at once.
  const waitMs = session.mustRepoint ? 0 : COMES_BY_ITSELF_MS;
  if (nowMs - way.takeoverSinceMs < waitMs) return;
  if (way.repoints >= REPOINTS)
    throw new BenchError('TAKEOVER_STUCK', {
      message: `The intermediate firmware answers and fetched nothing from this bench, though it was sent here ${REPOINTS} times.`,
      advice:
        'Open the firewall of this computer for the firmware server, leave the power on and retry: it goes on from there.',
    });
  way.repoints += 1;
  session.mustRepoint = false;
  way.takeoverSinceMs = undefined;
  const { url } = session.target!;
  run.log('info', `the intermediate firmware is sent to this bench (${way.repoints} of ${REPOINTS})`);
  const unit = new MongooseUnit(peerOf(session, run.brokenOff, undefined));
  try {
    await unit.setTakeoverUrl(url);
  } catch (error) {
    const known = toBenchError(error);
    if (known.code === 'ABORTED' || known.code === 'BUG') throw error;
    // It restarts at once, with or without an answer.
    run.log('warn', `It did not answer to that as expected: ${known.message}`);
  }
}

function silent({ met, target }: ShellySession, { wasCut }: Way): BenchError {
  const { bytes } = target!.watch.now;
  if (wasCut)
    return new BenchError('TAKEOVER_CUT', {
      message: `The second stage broke off at ${bytes} bytes, and ${met!.mac} is silent since: its boot loader may be gone.`,
    });
  return new BenchError('TAKEOVER_SILENT');
}
