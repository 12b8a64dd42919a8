import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import { announcementOf } from '../esphome-ota/announced.ts';
import { saysOfItself } from '../esphome-ota/prove.ts';
import { done, settle, type StepResult } from '../flow.ts';
import {
  isThatFirmware,
  lookOnNetwork,
  mayUnplug,
  proveOnNetwork,
  type WantedUnit,
} from '../network-plug/index.ts';
import { metUnit, wantedUnit, type SonoffRun, type SonoffSession } from './session.ts';

/** The flow by which a unit comes back that the network does not reach any more. */
const WIRE_FLOW = 'esp8266-plug-wire';
/** Copying, first start and access point of the new firmware, ms: 30 s to a minute on healthy units. */
const LIMIT_MS = 120_000;
/** Copying, start, join and announcement of ESPHome that knows its Wi-Fi, ms. */
const ANNOUNCED_WITHIN_MS = 45_000;

/** On port 80, where it is looked for, the firmware of the maker has nothing. */
const ranBefore = (): boolean => false;

/** The new firmware answers with this very unit's MAC, on the network or at its access point: nothing else is a proof. */
export async function prove(session: SonoffSession, run: SonoffRun): Promise<Verdict> {
  const verdict = (await announcedAsEspHome(session, run)) ?? (await onNetwork(session, run));
  if (verdict.outcome === 'PASS') run.plan.openProofs.delete(run.link.text);
  const notDone = [...(verdict.notDone ?? []), ...session.notDone];
  const told = { ...verdict, ...(notDone.length > 0 && { notDone }) };
  return verdict.code === 'NEW_FIRMWARE_SILENT' && (await isAsBefore(session, run)) ? stayed(session) : told;
}

const onNetwork = (session: SonoffSession, run: SonoffRun): Promise<Verdict> =>
  proveOnNetwork(run, session.link.network, {
    unit: wantedUnit(session),
    wanted: run.plan.image!.wanted,
    wifi: run.plan.wifi,
    limitMs: LIMIT_MS,
    signal: run.brokenOff,
    ranBefore,
    next: WIRE_FLOW,
  });

/** Without a page of its own ESPHome says what it runs, and on which MAC, only by its announcement. */
async function announcedAsEspHome(session: SonoffSession, run: SonoffRun): Promise<Verdict | undefined> {
  const { wanted } = run.plan.image!;
  if (wanted.firmware !== 'esphome') return undefined;
  const { mac } = metUnit(session);
  const untilMs = run.clock.monotonicMs() + ANNOUNCED_WITHIN_MS;
  while (run.clock.monotonicMs() < untilMs) {
    run.progress({ label: `listening for ${wanted.title}`, done: 0, unit: 'tries' });
    const now = await announcementOf(run, session.link.network, { mac }, run.brokenOff);
    if (now !== undefined && (wanted.version === undefined || now.version === wanted.version)) {
      mayUnplug(run);
      await run.identify({ mac, firmware: `ESPHome ${now.version ?? 'of unknown version'}` });
      return {
        outcome: 'PASS',
        message: `The same unit came back with ESPHome ${now.version ?? 'of unknown version'}.`,
        proof: ['heard'],
        evidence: saysOfItself(now, mac),
      };
    }
  }
  return undefined;
}

/** It is met where it was, as what it was. */
async function isAsBefore({ link, at, diy, met }: SonoffSession, run: SonoffRun): Promise<boolean> {
  try {
    await diy.info();
    return (await link.network.macOf(at.host)) === met?.mac;
  } catch (error) {
    if (run.brokenOff.aborted || !(error instanceof BenchError)) throw error;
    return false;
  }
}

const stayed = (session: SonoffSession): Verdict => {
  const { title, mac } = metUnit(session);
  return verdictFrom(
    new BenchError('OLD_FIRMWARE_STAYED', {
      message: `The unit fetched the image whole, and ${title} answers again.`,
      next: WIRE_FLOW,
    }),
    { proof: ['answered'], evidence: `${mac}: ${title}` },
  );
};

/** The flash cannot be read over the network: its proof is the answer of the new firmware. */
export const verify = (): Promise<StepResult> => Promise.resolve(done);

export const reboot = async (session: SonoffSession, run: SonoffRun): Promise<StepResult> =>
  settle(await prove(session, run));

/** For a run that ended UNSURE: looks and writes nothing. */
export async function lookAgain(session: SonoffSession, run: SonoffRun): Promise<StepResult> {
  const { image, openProofs } = run.plan;
  const unit = openProofs.get(run.link.text) ?? (await atItsAddress(session, run));
  if (unit === undefined)
    return settle(
      verdictFrom(
        new BenchError('NEW_FIRMWARE_SILENT', {
          message:
            'Nothing answers at its old address, and which unit this run was about is not known any more.',
          advice: 'Start a run with the address that it has now.',
        }),
      ),
    );
  await run.identify({ mac: unit.mac });
  const verdict = await lookOnNetwork(run, session.link.network, {
    unit,
    wanted: image!.wanted,
    limitMs: LIMIT_MS,
    signal: run.signal,
    ranBefore,
    next: WIRE_FLOW,
  });
  if (verdict.outcome === 'PASS') openProofs.delete(run.link.text);
  return settle(verdict);
}

/** After a run of which only the address is known. */
async function atItsAddress({ link, at }: SonoffSession, run: SonoffRun): Promise<WantedUnit | undefined> {
  const page = { host: at.host, port: 80 };
  const answer = await whoAnswers(link.network, page, { signal: run.signal });
  if (answer?.mac === undefined || !isThatFirmware(answer, run.plan.image!.wanted)) return undefined;
  return { mac: answer.mac, at: page };
}
