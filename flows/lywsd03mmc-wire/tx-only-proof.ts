import { isBenchError } from '../../src/core/errors.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import { describeUnit, type HeardUnit } from '../../src/protocols/adverts/index.ts';
import type { TxOnlyWire } from '../../src/protocols/telink/sws/index.ts';
import { speaksFor, type AirIdentity } from '../lywsd03mmc/air-identity.ts';
import type { OpenProof } from './open-proof.ts';
import { profileNotDone, withProfile } from './profile.ts';
import { targetOf, type WireRun, type WireSession } from './session.ts';
import { openVerdict } from './verdicts.ts';

/** One run at a time over the whole bench: two units that start at the same time cannot be told apart. */
const TURN = 'proof by radio';
/** After the first candidate: longer than the interval of another one that started together with it. */
const SETTLE_MS = 4000;
/** Names in one sentence. */
const MOST_NAMED = 6;

type Unknown = Extract<OpenProof, { kind: 'unknown' }>;

export const nameOf = (unit: HeardUnit): string => unit.mac ?? unit.address;

/** Starts the unit and listens: PASS only when exactly one begins to send the new firmware. */
export async function proveByRadio(session: WireSession, wire: TxOnlyWire, run: WireRun): Promise<Verdict> {
  const { airIdentity, firmware } = targetOf(session);
  await listenBefore(run, session.calledAtMs);
  const watched = await run.inTurn(TURN, async () => {
    const open: Unknown = {
      kind: 'unknown',
      airIdentity: airIdentity!,
      firmware,
      before: sending(session, airIdentity!),
    };
    await wire.reset();
    session.caught = false;
    try {
      return await watch(session, run, open);
    } catch (error) {
      // Cancelled while it was listened for: it is written, and stays open.
      if (!run.signal.aborted) throw error;
      return { verdict: unproved(run, open, []) };
    }
  });
  return finish(session, run, watched);
}

/** What was heard, and whom: the rest of the work needs no turn. */
export interface Watched {
  readonly verdict: Verdict;
  /** The unit that was proved. */
  readonly heard?: HeardUnit;
}

export async function finish(
  session: WireSession,
  run: WireRun,
  { verdict, heard }: Watched,
): Promise<Verdict> {
  return heard == null ? verdict : withProfile(session, run, heard, verdict);
}

/** Who sends the new firmware already; whoever ever did counts. */
function sending({ ear }: WireSession, airIdentity: AirIdentity): ReadonlySet<string> {
  const before = ear!.sightings.units().filter((unit) => speaksFor(unit, airIdentity));
  return new Set(before.map(nameOf));
}

/**
 * Listens for as long as it takes to hear who sends the new firmware already, from `fromMs` on: before the unit is
 * called, because it may be one of them; and while it should be stopped, because one that was not caught goes on sending.
 */
export async function listenBefore(run: WireRun, fromMs: number): Promise<void> {
  const restMs = fromMs + run.plan.options.listenBeforeMs - run.clock.monotonicMs();
  if (restMs <= 0) return;
  run.progress({ label: 'listening to who sends the new firmware already', done: 0, unit: 'seconds' });
  await run.clock.sleep(restMs, run.signal);
}

/** Listens for who begins to send; the verdict of a first proof and of "look again" alike. */
export async function watch(session: WireSession, run: WireRun, open: Unknown): Promise<Watched> {
  const candidates = new Map<string, HeardUnit>();
  const { provedByRadio } = run.plan;
  const fits = (unit: HeardUnit) =>
    speaksFor(unit, open.airIdentity) && !open.before.has(nameOf(unit)) && !provedByRadio.has(nameOf(unit));
  const collect = (unit: HeardUnit) => {
    if (fits(unit)) candidates.set(nameOf(unit), unit);
    return false;
  };
  run.progress({ label: 'listening for the new firmware', done: 0, unit: 'seconds' });
  const first = await session.ear!.next(run, run.plan.options.listenMs, fits);
  if (first != null) {
    collect(first);
    await session.ear!.next(run, Math.min(SETTLE_MS, run.plan.options.listenMs), collect);
  }
  const [heard, ...more] = candidates.values();
  if (heard == null || more.length > 0) return { verdict: unproved(run, open, [...candidates.values()]) };
  if (!(await isOurs(run, heard, open))) return { verdict: unproved(run, open, []) };
  provedByRadio.add(nameOf(heard));
  run.plan.openProofs.delete(run.link.text);
  run.vitals({
    rssiDbm: heard.rssiDbm,
    ...(heard.batteryPercent != null && { batteryPercent: heard.batteryPercent }),
  });
  const verdict: Verdict = {
    outcome: 'PASS',
    message: `The firmware was written, and then exactly one unit (${nameOf(heard)}) began to send it.`,
    proof: ['heard'],
    evidence: describeUnit(heard),
    notDone: ['nothing was read back: TX only'],
  };
  return { verdict, heard };
}

/** False where another place of the bench has this unit, or had it before. */
async function isOurs(run: WireRun, heard: HeardUnit, { firmware }: Unknown): Promise<boolean> {
  try {
    await run.identify({
      ...(heard.mac != null && { mac: heard.mac }),
      ...(heard.name != null && { name: heard.name }),
      ...(firmware != null && { firmware }),
    });
    return true;
  } catch (error) {
    if (!isBenchError(error, 'SAME_UNIT', 'ALREADY_DONE', 'UNIT_SWAPPED')) throw error;
    run.log('warn', `${nameOf(heard)} was heard, and is not this unit: ${error.message}`);
    return false;
  }
}

function unproved(run: WireRun, open: Unknown, candidates: readonly HeardUnit[]): Verdict {
  run.plan.openProofs.set(run.link.text, open);
  const notDone = ['nothing was read back: TX only', ...profileNotDone(run, 'the unit is not proved')];
  if (candidates.length > 0)
    return openVerdict('HEARD_AMBIGUOUS', {
      notDone,
      evidence: candidates.map(describeUnit).join('; '),
      message: `Written without hearing anything back; several units began to send the new firmware: ${names(candidates.map(nameOf))}.`,
    });
  const already = [...open.before];
  const sent = already.length === 0 ? '' : `; these sent it before: ${names(already)}`;
  return openVerdict('NEW_FIRMWARE_NOT_HEARD', {
    notDone,
    message: `Written without hearing anything back, and no unit began to send the new firmware${sent}.`,
  });
}

const names = (all: readonly string[]): string =>
  all.length > MOST_NAMED
    ? `${all.slice(0, MOST_NAMED).join(', ')} and ${all.length - MOST_NAMED} more`
    : all.join(', ');
