import { BenchError, toBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { benchAddress } from './bench-address.ts';
import { namedBy, stationMac } from './find-unit.ts';
import { followToHaa } from './follow.ts';
import { HapWatch, namedUnit } from './hap-watch.ts';
import { LogEar } from './log-ear.ts';
import type { HaaRun, HaaSession } from './session.ts';
import { HaaWay } from './way.ts';

/** An installer gives nothing of its flash and nothing of its settings. */
export async function backup(_session: HaaSession, run: HaaRun): Promise<StepResult> {
  await acceptNoBackup(run, 'the installer of HAA gives neither its flash nor its settings');
  return done;
}

/** Puts everything on the server, then gives the unit its script, its Wi-Fi and where to fetch. */
export async function flash(session: HaaSession, run: HaaRun): Promise<StepResult> {
  const { link, found } = session;
  if (found == null) throw new Error('the unit has not been found');
  await run.pilotFirst('HAA');
  session.way = await HaaWay.prepare(run, link, {
    plan: run.plan,
    mac: found.mac,
    towards: () => benchAddress(run, link),
  });
  await session.way.save(found.place);
  return done;
}

/** Follows it until HAA itself is there. A cancel ends the wait and nothing else. */
export async function reboot(session: HaaSession, run: HaaRun): Promise<StepResult> {
  const signal = AbortSignal.any([run.signal, run.brokenOff]);
  try {
    return settle(await session.way!.follow(signal, session.station));
  } catch (error) {
    // The unit goes on by itself: ABORTED would hide that.
    if (toBenchError(error).code !== 'ABORTED') throw error;
    return settle(
      verdictFrom(
        new BenchError('HAA_NOT_HEARD', {
          message: 'The wait for HAA was cancelled; the unit goes on by itself.',
        }),
      ),
    );
  }
}

/** How long a look listens, ms: announcements are repeated when they are asked for. */
const LOOK_MS = 30_000;

/** For a run that ended UNSURE: listens and writes nothing. */
export async function lookAgain(session: HaaSession, run: HaaRun): Promise<StepResult> {
  const { network, at } = session.link;
  const last6 = namedBy(at.host);
  const said = last6 == null ? await network.macOf(at.host) : undefined;
  const unit =
    said != null ? namedUnit(stationMac(said)) : last6 != null ? { last6, mac: undefined } : undefined;
  if (unit == null) return settle(notKnown());
  const ear = await LogEar.open(run, network, unit.last6);
  const hap = new HapWatch(network, unit);
  try {
    await hap.open();
    return settle(
      await followToHaa(run, network, {
        unit,
        ear,
        hap,
        station: await network.wifi(),
        patienceMs: LOOK_MS,
        cameForMirror: undefined,
        signal: run.signal,
      }),
    );
  } finally {
    ear.close();
    hap.close();
  }
}

const notKnown = (): Verdict =>
  verdictFrom(
    new BenchError('HAA_NOT_HEARD', {
      message: 'Which unit this link means is not known any more: nothing answers there.',
      advice: 'Give the link as http://haa-XXXXXX, with the last six digits of its MAC, and look again.',
    }),
  );
