import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import { whoAnswers, type PlugAnswer } from '../../src/protocols/plugs/index.ts';
import { readAnnouncement, type SonoffInfo } from '../../src/protocols/sonoff-diy/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { isThatFirmware, wasBegunHere } from '../network-plug/index.ts';
import { RAN_SONOFF } from './backup.ts';
import type { MetUnit, SonoffRun, SonoffSession } from './session.ts';

/** Below this a transfer gets slow, dBm; the rule of the Tasmota manual for updates over the air. */
const WEAK_DBM = -75;
/** Below this it is likely to break, dBm. */
const TOO_WEAK_DBM = -82;
/** For announcements that are asked for to come in, ms. */
const ANNOUNCED_WITHIN_MS = 2_000;

/** A unit that has just got its power joins its network and answers within this, ms. */
const STARTS_WITHIN_MS = 20_000;
const ASKED_EVERY_MS = 1_000;

/** Asks the unit who it is and whether it can be updated. Writes nothing. */
export async function detect(session: SonoffSession, run: SonoffRun): Promise<StepResult> {
  const untilMs = run.clock.monotonicMs() + STARTS_WITHIN_MS;
  for (;;) {
    run.progress({ label: 'asking the unit what it is', done: 0, unit: 'tries' });
    try {
      const info = await session.diy.info(run.signal);
      session.met = await meet(session, run, info);
      if (run.plan.task === 'flash') await judgeSignal(session, run, info);
      return done;
    } catch (error) {
      if (!isSilent(error)) throw error;
      const page = { host: session.at.host, port: 80 };
      const answer = await whoAnswers(session.link.network, page, { signal: run.signal });
      if (answer !== undefined && answer.firmware !== 'unknown') return other(answer, run);
      if (error.code === 'HOST_UNKNOWN' || run.clock.monotonicMs() >= untilMs)
        throw await nobody(session, run, error);
    }
    await run.clock.sleep(ASKED_EVERY_MS, run.signal);
  }
}

/** Nobody there, or somebody who does not speak the protocol. */
const isSilent = (error: unknown): error is BenchError =>
  isBenchError(
    error,
    'HTTP_NO_ANSWER',
    'HTTP_REFUSED',
    'HTTP_RESET',
    'HTTP_CLOSED',
    'HTTP_BAD_ANSWER',
    'HOST_UNKNOWN',
    'PLUG_NOT_FOUND',
    'PLUG_BAD_ANSWER',
  );

async function meet({ link, at }: SonoffSession, run: SonoffRun, info: SonoffInfo): Promise<MetUnit> {
  const mac = await link.network.macOf(at.host);
  if (mac === undefined) throw new BenchError('SONOFF_MAC_UNKNOWN');
  if (mac === info.bssid)
    throw new BenchError('SONOFF_MAC_UNKNOWN', {
      message: `The ARP table of this computer has the access point (${mac}) at ${at.host}: it answers for its units.`,
    });
  const title = `Sonoff DIY firmware ${info.firmware ?? 'of unknown version'}`;
  await run.identify({
    mac,
    firmware: title,
    ...(info.deviceId !== undefined && { name: info.deviceId }),
  });
  const lock =
    info.otaUnlock === undefined
      ? 'does not say whether it is locked'
      : info.otaUnlock
        ? 'unlocked'
        : 'locked';
  run.log('info', `${at.host}: ${title}, ${lock}; MAC ${mac} by the ARP table`);
  return { mac, info, title };
}

async function judgeSignal({ diy }: SonoffSession, run: SonoffRun, info: SonoffInfo): Promise<void> {
  let dbm = info.signalDbm;
  try {
    dbm ??= await diy.signalDbm();
  } catch (error) {
    // Not every firmware knows the call.
    if (run.signal.aborted || !(error instanceof BenchError)) throw error;
  }
  if (dbm === undefined) return;
  run.vitals({ rssiDbm: dbm });
  if (dbm < TOO_WEAK_DBM)
    throw new BenchError('PLUG_SIGNAL_WEAK', {
      message: `The unit hears its Wi-Fi at ${dbm} dBm: too weak for a transfer that must not break.`,
    });
  if (dbm < WEAK_DBM) run.warn(`The unit hears its Wi-Fi at ${dbm} dBm: weak, the transfer may be slow.`);
}

/** Flows for what runs there instead. */
const NEXT: Partial<Record<PlugAnswer['firmware'], string>> = {
  tasmota: 'tasmota',
  'shelly-gen1': 'shelly-plug-s',
  takeover: 'shelly-plug-s',
  'haa-portal': 'haa',
  esphome: 'esphome-ota',
};

/** What is known besides, where the unit did not answer as it should. */
async function nobody(session: SonoffSession, run: SonoffRun, asked: BenchError): Promise<BenchError> {
  const type = await announcedType(session, run);
  if (type !== undefined)
    return new BenchError('SONOFF_NOT_DIY', {
      message: `The unit announces itself as "${type}": it is on the cloud of its maker, not in DIY mode.`,
      cause: asked,
    });
  const waiting = await openAccessPoints(session, run);
  if (waiting.length === 0) return asked;
  return new BenchError('PLUG_NOT_FOUND', {
    message: `Nothing answers at ${session.at.host}; access points of Sonoff units are heard: ${waiting.slice(0, 3).join(', ')}.`,
    advice:
      'If it is this unit, join that access point with a phone (password 12345678) and give it the Wi-Fi at http://10.10.7.1.',
    cause: asked,
  });
}

/** Units in DIY mode that have no network yet. */
async function openAccessPoints({ link }: SonoffSession, run: SonoffRun): Promise<string[]> {
  const station = await link.network.wifi();
  if (station === undefined) return [];
  const heard = await station.scan(run.signal).catch(() => []);
  return heard.map(({ ssid }) => sanitize(ssid)).filter((ssid) => /^ITEAD-/i.test(ssid));
}

async function other(answer: PlugAnswer, run: SonoffRun): Promise<StepResult> {
  const { mac, title } = answer;
  const { image } = run.plan;
  if (mac !== undefined) await run.identify({ mac, firmware: title });
  const next = NEXT[answer.firmware];
  const more = next === undefined ? {} : { next };
  if (image === undefined || !isThatFirmware(answer, image.wanted))
    throw new BenchError('PLUG_RUNS_OTHER', {
      message: `The unit runs ${title}, not the firmware of its maker in DIY mode.`,
      ...more,
    });
  if (mac !== undefined && (await wasBegunHere(run, mac, RAN_SONOFF)))
    return settle({
      outcome: 'PASS',
      message: `An earlier run sent this image and did not see its end; now the unit answers with ${title}.`,
      proof: ['answered'],
      evidence: `${mac} was in DIY mode before that run, and says ${title} now`,
      notDone: ['nothing was written in this run'],
    });
  throw new BenchError('TARGET_RUNS_ALREADY', {
    message: `The unit says ${title}, as the target does; whether it is the same build, nothing tells.`,
    ...more,
  });
}

/** As what it announces itself, where that is not DIY mode. */
async function announcedType({ link, at }: SonoffSession, run: SonoffRun): Promise<string | undefined> {
  let type: string | undefined;
  const stop = await link.network
    .browse(['_ewelink._tcp'], (service) => {
      if (service.at.host === at.host) type = readAnnouncement(service.txt).type;
    })
    .catch(() => () => {});
  try {
    await run.clock.sleep(ANNOUNCED_WITHIN_MS, run.signal);
  } finally {
    stop();
  }
  return type === undefined || type.startsWith('diy') ? undefined : type || 'unknown';
}
