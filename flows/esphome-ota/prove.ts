import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { greetUpdater, type EspHomeAnnouncement } from '../../src/protocols/esphome/index.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import { mayUnplug, proveOnNetwork } from '../network-plug/index.ts';
import { announcementOf } from './announced.ts';
import { judge, type Judged } from './judge.ts';
import { metUnit, pageOf, type EspHomeRun, type EspHomeSession } from './session.ts';

const WIRE_FLOW = 'esp8266-plug-wire';
/** Who took the image restarts within a second of its receipt, ms; without one it may be checking still. */
const RESTARTS_WITHIN_MS = 45_000;
const LOOK_EVERY_MS = 1_000;
/** So long the new firmware has to stay: one that crashes is gone again within seconds of its start, ms. */
const STAYS_MS = 10_000;
/** Sightings that were not followed by that. */
const LOOPS = 3;

/** The unit is back with what was sent, and says so with its MAC: nothing else is a proof. */
export async function prove(session: EspHomeSession, run: EspHomeRun): Promise<Verdict> {
  const { wanted } = run.plan.image!;
  const verdict =
    wanted.firmware === 'esphome'
      ? await proveEspHome(session, run)
      : await proveOnNetwork(run, session.link.network, {
          unit: { mac: metUnit(session).mac, at: { host: session.host, port: 80 } },
          wanted,
          wifi: run.plan.wifi,
          limitMs: run.plan.waitMs,
          signal: run.brokenOff,
          ranBefore: ({ firmware }) => firmware === 'esphome',
          next: WIRE_FLOW,
        });
  if (verdict.outcome === 'PASS') run.plan.openProofs.delete(run.link.text);
  return verdict;
}

/** What was seen of the unit since the image went out. */
interface Seen {
  /** It was gone: it restarts, or has. */
  wasDown: boolean;
  /** It answers now. */
  isUp: boolean;
  announced: EspHomeAnnouncement | undefined;
  /** How often what was sent was heard and went away again. */
  lost: number;
}

async function proveEspHome(session: EspHomeSession, run: EspHomeRun): Promise<Verdict> {
  const startedMs = run.clock.monotonicMs();
  const { mac, announced: before } = metUnit(session);
  const { waitMs, image } = run.plan;
  const { wanted } = image!;
  const seen: Seen = { wasDown: false, isUp: false, announced: undefined, lost: 0 };
  for (;;) {
    const passedMs = run.clock.monotonicMs() - startedMs;
    run.progress({
      label: `waiting for ${wanted.title}`,
      done: Math.round(passedMs / 1000),
      total: Math.round(waitMs / 1000),
      unit: 'seconds',
    });
    await look(session, run, seen);
    const judged = seen.announced === undefined ? undefined : judge(before, seen.announced, wanted);
    // What announces itself a moment before its port is open is not gone again.
    if (seen.isUp && (judged === 'new' || (judged === 'alike' && seen.wasDown))) {
      if (await stays(session, run)) return end(session, run, { ...seen, isUp: true }, judged);
      seen.lost += 1;
      seen.wasDown = true;
      run.log('warn', `${mac} was back and is gone again (${seen.lost} of ${LOOPS})`);
      if (seen.lost === LOOPS)
        return verdictFrom(new BenchError('ESPHOME_RESTARTS', { next: WIRE_FLOW }), heard(seen, mac));
    }
    const isUnmoved = !seen.wasDown && passedMs >= Math.min(RESTARTS_WITHIN_MS, waitMs);
    if (isUnmoved || passedMs >= waitMs) return end(session, run, seen, judged);
    await run.clock.sleep(LOOK_EVERY_MS, run.brokenOff);
  }
}

/** One look at its port and at what it announces, wherever it is. */
async function look(session: EspHomeSession, run: EspHomeRun, seen: Seen): Promise<void> {
  const { mac } = metUnit(session);
  seen.isUp = await answers(session, run);
  if (!seen.isUp) seen.wasDown = true;
  seen.announced = await announcementOf(run, session.link.network, { mac }, run.brokenOff);
  const { announced } = seen;
  if (announced === undefined) return;
  if (announced.host !== session.host) {
    run.log('info', `${mac} is at ${announced.host} now`);
    session.host = announced.host;
    seen.wasDown = true;
    seen.isUp = false;
  }
  if (!seen.isUp) seen.isUp = await answers(session, run);
}

/** True where the unit goes on answering. */
async function stays(session: EspHomeSession, run: EspHomeRun): Promise<boolean> {
  const untilMs = run.clock.monotonicMs() + STAYS_MS;
  while (run.clock.monotonicMs() < untilMs) {
    run.progress({ label: 'it is back: looking whether it stays', done: 0, unit: 'seconds' });
    if (!(await answers(session, run))) return false;
    await run.clock.sleep(LOOK_EVERY_MS, run.brokenOff);
  }
  return true;
}

/** How long a unit on this network may take to take a connection, ms. */
const ANSWERS_WITHIN_MS = 3_000;

/** Whether its updater, or its page where no updater was met, takes a connection with its MAC behind it. */
async function answers(session: EspHomeSession, run: EspHomeRun): Promise<boolean> {
  const { link, host, otaPort } = session;
  const arp = await link.network.macOf(host);
  if (arp !== undefined && arp !== metUnit(session).mac) return false;
  if (otaPort === undefined)
    return (await whoAnswers(link.network, pageOf(session, run), { signal: run.brokenOff })) !== undefined;
  const late = new AbortController();
  const stop = run.clock.after(ANSWERS_WITHIN_MS, () => late.abort());
  try {
    const signal = AbortSignal.any([run.brokenOff, late.signal]);
    await greetUpdater({ network: link.network, at: { host, port: otaPort }, signal });
    return true;
  } catch (error) {
    if (run.brokenOff.aborted || !(error instanceof BenchError)) throw error;
    return false;
  } finally {
    stop();
  }
}

const heard = ({ announced, isUp }: Seen, mac: string) =>
  ({
    proof: [
      ...(announced === undefined ? [] : (['heard'] as const)),
      ...(isUp ? (['answered'] as const) : []),
    ],
    ...(announced !== undefined && { evidence: saysOfItself(announced, mac) }),
  }) satisfies Partial<Verdict>;

export const saysOfItself = (
  { version, configHash, project, host }: EspHomeAnnouncement,
  mac: string,
): string =>
  [
    `${mac} announces ESPHome ${version ?? 'of unknown version'} at ${host}`,
    configHash === undefined ? undefined : `YAML ${configHash}`,
    project,
  ]
    .filter((part) => part !== undefined)
    .join(', ');

function end(session: EspHomeSession, run: EspHomeRun, seen: Seen, judged: Judged | undefined): Verdict {
  const { mac, title } = metUnit(session);
  const { wanted } = run.plan.image!;
  const facts = heard(seen, mac);
  const { announced, isUp, wasDown } = seen;
  if (judged === 'new') {
    mayUnplug(run);
    return {
      outcome: 'PASS',
      message: `The same unit came back with ESPHome ${announced?.version}; before it ran ${title}.`,
      ...facts,
      // A build without an update port announces itself all the same.
      ...(!isUp && { notDone: ['its port does not answer: whether it stays was not watched'] }),
    };
  }
  if (announced === undefined && !isUp)
    return verdictFrom(new BenchError('NEW_FIRMWARE_SILENT', silence(wanted.title)), facts);
  if (!wasDown && (judged === undefined || judged === 'old' || judged === 'alike'))
    return verdictFrom(
      session.sent?.unknown === undefined
        ? new BenchError('OLD_FIRMWARE_STAYED', {
            message: `The unit took the image and never restarted; ${title} answers.`,
          })
        : new BenchError('ESPHOME_MAYBE_TAKEN'),
      facts,
    );
  mayUnplug(run);
  switch (judged) {
    case 'alike':
      return verdictFrom(
        new BenchError('ESPHOME_LOOKS_ALIKE', {
          message: `The image went over whole and the unit started anew; it says ESPHome ${announced?.version}${metUnit(session).announced === undefined ? ', and what it said before is not known' : ', as what ran before did'}.`,
        }),
        facts,
      );
    case 'old':
      return verdictFrom(
        new BenchError('OLD_FIRMWARE_STAYED', {
          message: `The image went over whole, and ${mac} started anew with what ran before: ${title}.`,
          next: WIRE_FLOW,
        }),
        facts,
      );
    case 'other':
      return verdictFrom(
        new BenchError('OTHER_FIRMWARE_ANSWERS', {
          message: `The unit came back with ESPHome ${announced?.version}: neither what was sent (${wanted.title}) nor what ran before.`,
        }),
        facts,
      );
    default:
      return verdictFrom(new BenchError('ESPHOME_VERSION_UNSEEN'), facts);
  }
}

const silence = (wanted: string) => ({
  message: `Written, but ${wanted} neither answers nor announces itself.`,
  advice:
    'Leave the power on and look with a phone for the access point that its YAML names; give it its Wi-Fi there, then look again.',
  next: WIRE_FLOW,
});
