import type { ErrorCode } from '../../src/core/errors.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import { whoAnswers, type PlugAnswer } from '../../src/protocols/plugs/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import {
  isThatFirmware,
  lookOnNetwork,
  proveOnNetwork,
  SETTLING_MS,
  type WantedUnit,
} from '../network-plug/index.ts';
import { WIRE_FLOW } from './recovery.ts';
import { wantedUnit, type ShellyRun, type ShellySession } from './session.ts';

/** Moving the image takes 10 s, the first start of the target and its access point up to a minute more. */
const LIMIT_MS = SETTLING_MS.mongoose;

/** What the unit may answer with that has fetched the target whole and does not run it. */
const READING = {
  ranBefore: ({ firmware }: PlugAnswer) => firmware === 'shelly-gen1',
  codeForOther: ({ firmware }: PlugAnswer): ErrorCode =>
    firmware === 'takeover' ? 'TAKEOVER_STUCK' : 'OTHER_FIRMWARE_ANSWERS',
};

/** The target answers with this very unit's MAC, on the network or at its access point: nothing else is a proof. */
export async function prove(session: ShellySession, run: ShellyRun): Promise<Verdict> {
  const { conversion, wifi } = run.plan;
  const verdict = await proveOnNetwork(run, session.link.network, {
    unit: wantedUnit(session),
    wanted: conversion!.wanted,
    wifi,
    limitMs: LIMIT_MS,
    signal: run.brokenOff,
    ...READING,
    next: WIRE_FLOW,
  });
  if (verdict.outcome === 'PASS') run.plan.openProofs.delete(run.link.text);
  return verdict;
}

/** The flash cannot be read over the network: its proof is the answer of the new firmware. */
export const verify = (): Promise<StepResult> => Promise.resolve(done);

export const reboot = async (session: ShellySession, run: ShellyRun): Promise<StepResult> =>
  settle(await prove(session, run));

/** For a run that ended UNSURE: looks and writes nothing. */
export async function lookAgain(session: ShellySession, run: ShellyRun): Promise<StepResult> {
  const { conversion, openProofs } = run.plan;
  const unit = openProofs.get(run.link.text) ?? (await atItsAddress(session, run));
  if (unit === undefined)
    return settle({
      outcome: 'UNSURE',
      code: 'NEW_FIRMWARE_SILENT',
      message: 'Nothing answers at its old address, and which unit this run was about is not known any more.',
      advice: 'Start a run with the address that it has now.',
      proof: [],
    });
  await run.identify({ mac: unit.mac });
  const verdict = await lookOnNetwork(run, session.link.network, {
    unit,
    wanted: conversion!.wanted,
    limitMs: LIMIT_MS,
    signal: run.signal,
    ...READING,
    next: WIRE_FLOW,
  });
  if (verdict.outcome === 'PASS') openProofs.delete(run.link.text);
  return settle(verdict);
}

/** After a run of which only the address is known. */
async function atItsAddress({ link }: ShellySession, run: ShellyRun): Promise<WantedUnit | undefined> {
  const answer = await whoAnswers(link.network, link.at, { signal: run.signal });
  if (answer?.mac === undefined || !isThatFirmware(answer, run.plan.conversion!.wanted)) return undefined;
  return { mac: answer.mac, at: link.at };
}
