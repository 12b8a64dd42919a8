import { BenchError } from '../../src/core/errors.ts';
import type { TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { awaitUnit, doNotUnplug, SETTLING_MS, type Appearance } from '../network-plug/index.ts';
import { awaitRestart, hasRestarted } from './await-restart.ts';
import { identityOf } from './detect.ts';
import { clientOf, wantedUnit, type Departure, type TasmotaRun, type TasmotaSession } from './session.ts';

/** How a unit was met after an image went to it. */
export type Return =
  | { readonly kind: 'back'; readonly status: TasmotaStatus }
  /** It opened its access point: its Wi-Fi settings are gone, or it cannot join. */
  | { readonly kind: 'access-point' }
  | { readonly kind: 'silent'; readonly last?: Appearance }
  /** It answers, and never restarted. */
  | { readonly kind: 'unmoved' };

/** Its address may be another after the restart, ms. */
const SWEEP_EVERY_MS = 15_000;
/** Between two questions to a unit that has not restarted yet, ms. */
const LOOK_EVERY_MS = 2_000;

/** Waits for the unit to be back under a Tasmota, at whatever address. Not stopped by a cancel: it holds an image. */
export async function awaitReturn(
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Departure,
): Promise<Return> {
  const { network } = session.link;
  if ((await awaitRestart(session, run, sent)) === 'unmoved') return { kind: 'unmoved' };
  // A new image begins its copy now: from here on power counts.
  doNotUnplug(run, SETTLING_MS.tasmota);
  const endMs = run.clock.monotonicMs() + run.plan.waitMs;
  const station = await network.wifi();
  for (;;) {
    const leftMs = endMs - run.clock.monotonicMs();
    if (leftMs <= 0) return { kind: 'silent' };
    const met = await awaitUnit(run, network, {
      unit: wantedUnit(session, run),
      wanted: sent.becomes,
      isIt: ({ firmware }) => firmware === 'tasmota',
      limitMs: leftMs,
      station,
      signal: run.brokenOff,
      label: `waiting for ${sent.becomes.title}`,
      sweepEveryMs: SWEEP_EVERY_MS,
    });
    if (met.kind === 'access-point') return { kind: 'access-point' };
    if (met.kind === 'silent') return { kind: 'silent', last: met };
    session.at = met.answer.at;
    const status = await ask(session, run);
    if (status?.mac === sent.before.mac && isBack(status, sent, run.clock.monotonicMs())) {
      await run.identify(identityOf(status));
      return { kind: 'back', status };
    }
    await run.clock.sleep(LOOK_EVERY_MS, run.brokenOff);
  }
}

/** It was down before this: a unit that had just started when the image went out may say no more than that. */
const isBack = (status: TasmotaStatus, sent: Departure, nowMs: number): boolean =>
  hasRestarted(status, sent, nowMs) || (status.uptimeSeconds ?? Infinity) * 1000 <= nowMs - sent.atMs;

async function ask(session: TasmotaSession, run: TasmotaRun): Promise<TasmotaStatus | undefined> {
  try {
    return await clientOf(session, run, run.brokenOff).status();
  } catch (error) {
    if (run.brokenOff.aborted || !(error instanceof BenchError)) throw error;
    // It was met and is gone again: it restarts.
    return undefined;
  }
}
