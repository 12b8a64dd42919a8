import { BenchError, toBenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import { MongooseUnit } from '../../src/protocols/mongoose/index.ts';
import type { PlugAnswer } from '../../src/protocols/plugs/index.ts';
import {
  doNotUnplug,
  hearAccessPoint,
  isThatFirmware,
  SETTLING_MS,
  UnitFinder,
  type Fetching,
} from '../network-plug/index.ts';
import { enterStage, metUnit, peerOf, wantedUnit, type ShellyRun, type ShellySession } from './session.ts';
import { tellBytes } from './tell-bytes.ts';
import { offerTarget } from './wire-check.ts';

/**
 * Its page is asked for only where nothing was fetched for so long, ms: what a unit in this state is to do is fetch, and
 * an ESP8266 that serves a page meanwhile may fail at both.
 */
const FIRST_LOOK_MS = 30_000;
const LOOK_EVERY_MS = 20_000;
/**
 * The intermediate firmware fetches as soon as it has an address. One that answers for so long and was not seen to
 * fetch is sent here, which restarts it, ms: long where it should come here by itself, since a loaded bench sees it late.
 */
const PATIENCE_MS = { ours: 120_000, ofThisComputer: 60_000, elsewhere: 15_000 } as const;
/** Copying its slot, two restarts and two joins of a unit that took the archive, ms: 1 to 2 min on healthy units. */
const SILENT_LIMIT_MS = 5 * 60_000;
/** Stock firmware that answers so long after it had the archive has not taken it, ms. */
const STOCK_STAYS_MS = 90_000;
/** A transfer that stands still so long while the unit is silent is over, ms. */
const STALL_LIMIT_MS = 10 * 60_000;
const SWEEP_EVERY_MS = 60_000;
const LISTEN_EVERY_MS = 30_000;
const REPOINTS = 3;

/** What is known while the unit is on its way to us. */
interface Way {
  readonly finder: UnitFinder;
  repoints: number;
  /** Monotonic ms; undefined while it does not answer as that. */
  takeoverSinceMs: number | undefined;
  /** From then on until it is sent here, ms. */
  patienceMs: number;
  lastSignMs: number;
  /** From now until it is looked at, ms. */
  lookInMs: number;
  sweptMs: number;
  heardMs: number;
  readonly sinceMs: number;
  /** The second stage has begun once and not come to its end. */
  wasCut: boolean;
  /** How many of its requests are over. */
  transfersOver: number;
}

/**
 * Stages 2 to 4: waits until the intermediate firmware has fetched the target whole, and sends it here where it goes
 * elsewhere. Throws TAKEOVER_STUCK, TAKEOVER_SILENT, TAKEOVER_CUT, OLD_FIRMWARE_STAYED.
 */
export async function bringOn(session: ShellySession, run: ShellyRun): Promise<void> {
  enterStage(session, run, 'intermediate firmware');
  run.progress({ label: 'waiting until it fetches the target', done: 0, unit: 'tries' });
  doNotUnplug(run, SETTLING_MS.mongoose);
  const nowMs = run.clock.monotonicMs();
  const way: Way = {
    finder: new UnitFinder(session.link.network, wantedUnit(session)),
    repoints: 0,
    takeoverSinceMs: undefined,
    patienceMs: 0,
    lastSignMs: nowMs,
    lookInMs: FIRST_LOOK_MS,
    sweptMs: nowMs,
    heardMs: nowMs,
    sinceMs: nowMs,
    wasCut: false,
    transfersOver: 0,
  };
  try {
    for (;;) {
      if (await isTaken(session, run, way)) break;
      if (await hasArrived(session, run, way)) break;
    }
  } finally {
    way.finder.close();
    session.at = way.finder.at;
  }
  enterStage(session, run, 'target moves to its place');
  doNotUnplug(run, SETTLING_MS.mongoose);
}

/** True when the target was fetched whole; else after a while without news. Follows a transfer to its end. */
async function isTaken(session: ShellySession, run: ShellyRun, way: Way): Promise<boolean> {
  const offered = session.target!;
  const { watch } = offered;
  const options = { clock: run.clock, signal: run.brokenOff };
  const hasNews = await watch.until(
    (now) => now.whole || now.asked > way.transfersOver || now.lost !== undefined,
    {
      ...options,
      silenceMs: way.lookInMs,
    },
  );
  if (!hasNews) {
    way.lookInMs = LOOK_EVERY_MS;
    return false;
  }
  if (watch.now.lost !== undefined && !watch.now.whole) {
    run.log('warn', `The firmware server ended (${watch.now.lost}); the target is put on a new one.`);
    watch.close();
    session.target = await offerTarget(session, run, run.brokenOff);
    session.mustRepoint = true;
    way.transfersOver = 0;
    return false;
  }
  enterStage(session, run, 'target image');
  const { target, wanted } = run.plan.conversion!;
  const totalBytes = target.content.length;
  const stop = tellBytes(run, offered, { label: `the unit fetches ${wanted.title}`, totalBytes });
  try {
    await watch.until((now) => now.whole || now.broken >= now.asked || now.lost !== undefined, {
      ...options,
      silenceMs: STALL_LIMIT_MS,
    });
  } finally {
    stop();
  }
  const { whole, bytes, asked } = watch.now;
  if (whole) return true;
  way.transfersOver = asked;
  way.wasCut = true;
  way.lastSignMs = run.clock.monotonicMs();
  run.warn(`The second stage stopped at ${bytes} of ${totalBytes} bytes.`);
  return false;
}

/** A transfer that broke, or that stood still for its limit, is over. */
const isFetching = ({ asked, broken }: Fetching, { transfersOver }: Way): boolean =>
  asked > Math.max(broken, transfersOver);

/** One look at the unit while nothing is fetched. True where it has got the target without being seen to fetch it. */
async function hasArrived(session: ShellySession, run: ShellyRun, way: Way): Promise<boolean> {
  const { watch } = session.target!;
  const { wanted } = run.plan.conversion!;
  const answer = await find(run, way);
  session.at = way.finder.at;
  const nowMs = run.clock.monotonicMs();
  if (isFetching(watch.now, way) || watch.now.whole) return false;
  if (answer === undefined) {
    way.takeoverSinceMs = undefined;
    if (await opensAccessPoint(session, run, way)) return arrived(run, wanted.title);
    if (nowMs - way.lastSignMs < SILENT_LIMIT_MS) return false;
    throw silent(session, way);
  }
  if (answer.firmware !== 'unknown') way.lastSignMs = nowMs;
  else if (nowMs - way.lastSignMs >= SILENT_LIMIT_MS) throw silent(session, way);
  if (isThatFirmware(answer, wanted)) return arrived(run, answer.title);
  switch (answer.firmware) {
    case 'takeover':
      doNotUnplug(run, SETTLING_MS.mongoose);
      await standsStill(session, run, way, nowMs);
      return false;
    case 'shelly-gen1':
      if (nowMs - way.sinceMs < STOCK_STAYS_MS) return false;
      throw new BenchError('OLD_FIRMWARE_STAYED', {
        message: `The unit fetched the takeover archive whole and did not take it: ${answer.title} answers again.`,
      });
    case 'unknown':
      // A unit that restarts takes connections before it answers them.
      return false;
    default:
      throw new BenchError('OTHER_FIRMWARE_ANSWERS', {
        message: `In the middle of the conversion the unit answers with ${answer.title}; the target was not fetched.`,
      });
  }
}

/** Somebody else served it: a server that an earlier program left behind, which had the same image. */
function arrived(run: ShellyRun, title: string): true {
  run.warn(`It was not seen to fetch the target from here, and ${title} is there.`);
  return true;
}

/** A dark LED is not a dead unit: the access point of the target is looked for before anything is called dead. */
async function opensAccessPoint(session: ShellySession, run: ShellyRun, way: Way): Promise<boolean> {
  const nowMs = run.clock.monotonicMs();
  if (nowMs - Math.max(way.lastSignMs, way.heardMs) < LISTEN_EVERY_MS) return false;
  way.heardMs = nowMs;
  const station = await session.link.network.wifi();
  if (station === undefined) return false;
  const { mac } = metUnit(session);
  const { wanted } = run.plan.conversion!;
  const heard = await hearAccessPoint(run, station, { mac, wanted, signal: run.brokenOff });
  return heard?.fits === true;
}

async function find(run: ShellyRun, way: Way): Promise<PlugAnswer | undefined> {
  const answer = await way.finder.look(run.brokenOff);
  if (answer !== undefined || run.clock.monotonicMs() - way.sweptMs < SWEEP_EVERY_MS) return answer;
  way.sweptMs = run.clock.monotonicMs();
  return way.finder.sweep(run.brokenOff);
}

/** The intermediate firmware answers and fetches nothing from us: it is sent here. */
async function standsStill(session: ShellySession, run: ShellyRun, way: Way, nowMs: number): Promise<void> {
  if (way.takeoverSinceMs === undefined) {
    way.takeoverSinceMs = nowMs;
    way.patienceMs = session.mustRepoint ? 0 : await patience(session, run);
  }
  if (nowMs - way.takeoverSinceMs < way.patienceMs) return;
  const { refused } = session.target!.watch.now;
  if (way.repoints >= REPOINTS)
    throw new BenchError('TAKEOVER_STUCK', {
      message: `The intermediate firmware answers and did not fetch the target, though it was sent here ${REPOINTS} times${refused === undefined ? '' : ` (${refused})`}.`,
      advice:
        'Open the firewall of this computer for the firmware server, leave the power on and retry: it goes on from there.',
    });
  way.repoints += 1;
  session.mustRepoint = false;
  way.lookInMs = FIRST_LOOK_MS;
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

/** By where it fetches from: an earlier program may have left a server behind that serves it just now. */
async function patience(session: ShellySession, run: ShellyRun): Promise<number> {
  const { url, offering } = session.target!;
  try {
    const own = await new MongooseUnit(peerOf(session, run.brokenOff, undefined)).takeoverUrl();
    if (own === url) return PATIENCE_MS.ours;
    run.log('info', `the intermediate firmware fetches from ${sanitize(own).slice(0, 100)}`);
    return own.startsWith(`http://${offering.at.host}:`) ? PATIENCE_MS.ofThisComputer : PATIENCE_MS.elsewhere;
  } catch (error) {
    const known = toBenchError(error);
    if (known.code === 'ABORTED' || known.code === 'BUG') throw error;
    return PATIENCE_MS.ofThisComputer;
  }
}

function silent({ met, target }: ShellySession, { wasCut }: Way): BenchError {
  const { bytes } = target!.watch.now;
  if (wasCut)
    return new BenchError('TAKEOVER_CUT', {
      message: `The second stage broke off (${bytes} bytes were acknowledged), and ${met!.mac} is silent since: its boot loader may be gone.`,
    });
  return new BenchError('TAKEOVER_SILENT');
}
