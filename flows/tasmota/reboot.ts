import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import type { TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { settle, type StepResult } from '../flow.ts';
import { goOn } from '../haa/go-on.ts';
import { mayUnplug, proveOnNetwork } from '../network-plug/index.ts';
import { awaitRestart } from './await-restart.ts';
import { judgeReturn } from './judge-return.ts';
import { wantedUnit, type Sent, type TasmotaRun, type TasmotaSession } from './session.ts';
import { setUpUnit } from './set-up-unit.ts';

/** What the unit says once it is back is the proof; then it is set up. */
export async function reboot(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { sent, returned } = session;
  if (sent == null) throw new Error('nothing was sent');
  if (sent.image.becomes.firmware !== 'tasmota') return settle(await proveOther(session, run, sent));
  switch (returned?.kind) {
    case 'back':
      return settle(await judged(session, run, sent, returned.status));
    case 'unmoved':
      return settle(verdictFrom(new BenchError('TASMOTA_MAYBE_STAGED')));
    case 'access-point':
      return settle(await proveAtItsPlace(session, run, sent, run.plan.waitMs));
    default:
      // It was waited for as long as the job says: one more look tells how things stand.
      return settle(await proveAtItsPlace(session, run, sent, 0));
  }
}

const proveAtItsPlace = (
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Sent,
  limitMs: number,
): Promise<Verdict> =>
  proveOnNetwork(run, session.link.network, {
    unit: wantedUnit(session, run),
    wanted: sent.image.becomes,
    wifi: run.plan.wifi,
    limitMs,
    signal: run.brokenOff,
    ranBefore: ({ version, variant }) =>
      version === sent.before.version.text && variant === sent.before.version.variant,
  });

/** Firmware that is no Tasmota any more: met where it is at home, HAA brought on from there. */
async function proveOther(session: TasmotaSession, run: TasmotaRun, sent: Sent): Promise<Verdict> {
  if ((await awaitRestart(session, run, sent)) === 'unmoved')
    return verdictFrom(new BenchError('TASMOTA_MAYBE_STAGED'));
  const { haa } = run.plan;
  if (haa == null || sent.image.becomes.firmware !== 'haa-portal')
    return proveAtItsPlace(session, run, sent, run.plan.waitMs);
  return goOn(run, session.link, { plan: haa, unit: wantedUnit(session, run), waitMs: run.plan.waitMs });
}

async function judged(
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Sent,
  status: TasmotaStatus,
): Promise<Verdict> {
  const { image, before } = sent;
  const evidence = saysOfItself(status);
  switch (judgeReturn(before, status, image)) {
    case 'new':
      return proved(session, run, sent, status);
    case 'alike':
      mayUnplug(run);
      return verdictFrom(
        new BenchError('TASMOTA_LOOKS_ALIKE', {
          message: `The image went over whole and the unit started anew; it says ${status.versionText}, as what ran before did, down to build date and size.`,
        }),
        { proof: ['answered'], evidence },
      );
    case 'old':
      mayUnplug(run);
      return verdictFrom(
        new BenchError('OLD_FIRMWARE_STAYED', {
          message: `The image went over whole, and ${status.mac} started anew with what ran before: ${status.versionText}.`,
          next: 'esp8266-plug-wire',
        }),
        { proof: ['answered'], evidence },
      );
    default:
      return verdictFrom(
        new BenchError('OTHER_FIRMWARE_ANSWERS', {
          message: `The unit came back with ${status.versionText}: neither what was sent (${image.becomes.title}) nor what ran before.`,
        }),
        { proof: ['answered'], evidence },
      );
  }
}

async function proved(
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Sent,
  status: TasmotaStatus,
): Promise<Verdict> {
  mayUnplug(run);
  run.pilotThrough(`${status.mac} answers with ${status.versionText}`);
  const { applied, notDone } = await setUpUnit(session, run, sent, status);
  return {
    outcome: 'PASS',
    message: `The same unit came back with Tasmota ${status.versionText}.`,
    proof: ['answered'],
    evidence: `${saysOfItself(status)}${applied.length === 0 ? '' : `; set: ${applied.join(', ')}`}`,
    ...(notDone.length > 0 && { notDone }),
  };
}

export const saysOfItself = ({ mac, versionText, builtAt, bootCount }: TasmotaStatus): string =>
  [
    `${mac} says ${versionText}`,
    builtAt == null ? undefined : `built ${builtAt}`,
    bootCount == null ? undefined : `start number ${bootCount}`,
  ]
    .filter((part) => part != null)
    .join(', ');
