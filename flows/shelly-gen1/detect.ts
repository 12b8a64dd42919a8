import { BenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import { shellyModelOfApp, shellyModelOfType } from '../../src/firmware/shelly-models.ts';
import { whoAnswers, type PlugAnswer } from '../../src/protocols/plugs/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { isThatFirmware, wasBegunHere } from '../network-plug/index.ts';
import { fitsTakeover, readyForUpdate, warnOfBattery } from './pre-checks.ts';
import { WIRE_FLOW } from './recovery.ts';
import type { MetUnit, ShellyRun, ShellySession } from './session.ts';

/** From its power to its first answer on the network: 5 to 15 s where its Wi-Fi is in reach, ms. */
const START_LIMIT_MS = 25_000;
const ASKED_EVERY_MS = 2_000;

/** Asks what runs there, and whether it can be converted. Writes nothing. */
export async function detect(session: ShellySession, run: ShellyRun): Promise<StepResult> {
  const { task, conversion } = run.plan;
  const answer = await firstAnswer(session, run);
  if (answer === undefined) throw await nobody(session, run);
  run.log('info', `${session.at.host}: ${answer.title}`);
  const { mac } = answer;
  if (mac !== undefined) await run.identify({ mac, firmware: answer.title });
  switch (answer.firmware) {
    case 'shelly-gen1':
      session.met = meet(answer, mac, false);
      if (task === 'flash') {
        fitsTakeover(run.plan.device, conversion!, session.met);
        await readyForUpdate(session, run);
        await warnOfBattery(run);
      }
      return done;
    case 'takeover':
      if (task !== 'flash') throw otherFirmware(answer);
      session.met = meet(answer, mac, true);
      if (session.met.model !== undefined) fitsTakeover(run.plan.device, conversion!, session.met);
      run.warn('It was found halfway: the intermediate firmware runs. It is brought on from there.');
      return done;
    case 'shelly-gen2':
      throw new BenchError('SHELLY_GEN2', {
        message: `${answer.title}: an ESP32 with a locked boot loader.`,
      });
    case 'unknown':
      throw new BenchError('PLUG_UNKNOWN', { message: `What answers there is ${answer.title}.` });
    default:
      if (conversion !== undefined && isThatFirmware(answer, conversion.wanted)) return settled(answer, run);
      throw otherFirmware(answer);
  }
}

/** A unit that was just plugged in is met when it is up. */
async function firstAnswer({ link, at }: ShellySession, run: ShellyRun): Promise<PlugAnswer | undefined> {
  const { login } = run.plan;
  const startedMs = run.clock.monotonicMs();
  for (let tries = 0; ; tries++) {
    run.progress({ label: 'asking what answers there', done: tries, unit: 'tries' });
    const answer = await whoAnswers(link.network, at, {
      signal: run.signal,
      ...(login !== undefined && { login }),
    });
    if (answer !== undefined || run.clock.monotonicMs() - startedMs >= START_LIMIT_MS) return answer;
    await run.clock.sleep(ASKED_EVERY_MS, run.signal);
  }
}

function meet(answer: PlugAnswer, mac: string | undefined, isHalfway: boolean): MetUnit {
  if (mac === undefined)
    throw new BenchError('PLUG_BAD_ANSWER', {
      message: `${answer.title} answers and does not say which unit it is; the ARP table does not know it either.`,
    });
  const model = isHalfway ? shellyModelOfApp(answer.model ?? '') : shellyModelOfType(answer.model ?? '');
  return { mac, answer, model, isHalfway };
}

/** Flows for what runs there instead. */
const NEXT: Partial<Record<PlugAnswer['firmware'], string>> = {
  tasmota: 'tasmota',
  'haa-portal': 'haa',
  esphome: WIRE_FLOW,
  espurna: WIRE_FLOW,
};

const otherFirmware = (answer: PlugAnswer): BenchError => {
  const next = NEXT[answer.firmware];
  return new BenchError('PLUG_RUNS_OTHER', {
    message: `The unit runs ${answer.title}, not stock firmware of a Shelly.`,
    ...(next !== undefined && { next }),
  });
};

/**
 * The target answers already. Where this bench began to convert this very unit and did not see the end of it, this is
 * the end; else nothing tells whether it is this image.
 */
async function settled(answer: PlugAnswer, run: ShellyRun): Promise<StepResult> {
  const { mac, title } = answer;
  if (mac !== undefined && (await wasBegunHere(run, mac, 'shelly-gen1')))
    return settle({
      outcome: 'PASS',
      message: `An earlier run began this conversion and did not see its end; now the unit answers with ${title}.`,
      proof: ['answered'],
      evidence: `${mac} ran stock firmware before that run, and says ${title} now`,
      notDone: ['nothing was written in this run'],
    });
  const next = NEXT[answer.firmware];
  throw new BenchError('TARGET_RUNS_ALREADY', {
    message: `The unit says ${title}, as the target does; whether it is the same build, nothing tells.`,
    ...(next !== undefined && { next }),
  });
}

/** How the access points of Shelly stock firmware begin: that of a unit that does not get onto its Wi-Fi. */
const STOCK_PREFIX = 'shelly';

/** A dark LED is not a dead unit: who has lost its network, or was converted before, opens an access point. */
async function nobody({ link, at }: ShellySession, run: ShellyRun): Promise<BenchError> {
  const station = await link.network.wifi();
  const prefixes = [STOCK_PREFIX, run.plan.conversion?.wanted.accessPointPrefix?.toLowerCase()];
  const isOfPlug = (ssid: string) =>
    prefixes.some((prefix) => prefix !== undefined && ssid.toLowerCase().startsWith(prefix));
  const heard = station === undefined ? [] : await station.scan(run.signal).catch(() => []);
  const names = heard.map(({ ssid }) => sanitize(ssid)).filter(isOfPlug);
  if (names.length === 0)
    return new BenchError('PLUG_NOT_FOUND', { message: `Nothing answers at ${at.host}.` });
  return new BenchError('PLUG_NOT_FOUND', {
    message: `Nothing answers at ${at.host}; access points of such units are heard: ${names.slice(0, 3).join(', ')}.`,
    advice:
      'If one is this unit, join it with a phone and give the unit its Wi-Fi; else check power and address.',
  });
}
