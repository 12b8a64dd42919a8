import type { Offering } from '../../src/drivers/http/firmware-server.ts';
import type { HostPort, HttpLogin } from '../../src/drivers/http/port.ts';
import type { ShellyModel } from '../../src/firmware/shelly-models.ts';
import type { PlugAnswer, PlugPeer } from '../../src/protocols/plugs/index.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import type { FetchWatch, WantedUnit } from '../network-plug/index.ts';
import type { ShellyPlan } from './plan.ts';

export type ShellyRun = RunContext<ShellyPlan>;

/** How far a conversion has come; the names are those of the log. */
export const STAGES = [
  'order',
  'takeover archive',
  'intermediate firmware',
  'target image',
  'target moves to its place',
] as const;
export type Stage = (typeof STAGES)[number];

/** A unit as it was met before anything was done to it. */
export interface MetUnit {
  readonly mac: string;
  readonly answer: PlugAnswer;
  /** Undefined where only the intermediate firmware answers and does not say it. */
  readonly model: ShellyModel | undefined;
  /** It was found halfway: the intermediate firmware runs. */
  readonly isHalfway: boolean;
}

/** A file on the bench's server. */
export interface Offered {
  readonly offering: Offering;
  readonly url: string;
  readonly watch: FetchWatch;
  /** Bytes of it that the record counts already. */
  countedBytes: number;
}

export interface ShellySession {
  readonly link: NetworkLink;
  /** Where the unit answered last. */
  at: HostPort;
  met: MetUnit | undefined;
  takeover: Offered | undefined;
  target: Offered | undefined;
  /** The archive could not be given our URL: its first try goes elsewhere, and we send it here afterwards. */
  mustRepoint: boolean;
  stage: Stage | undefined;
}

export async function openSession(run: ShellyRun): Promise<ShellySession> {
  const link = await run.openNetwork();
  return {
    link,
    at: link.at,
    met: undefined,
    takeover: undefined,
    target: undefined,
    mustRepoint: false,
    stage: undefined,
  };
}

export async function closeSession(session: ShellySession): Promise<void> {
  const { takeover, target, stage, link } = session;
  for (const offered of [takeover, target]) offered?.watch.close();
  // A unit that has begun comes for the rest of it, be the bench there or not: only then its files stay.
  const hasBegun = stage !== undefined && stage !== 'order';
  if (!hasBegun || target?.watch.now.whole === true)
    for (const offered of [takeover, target]) await offered?.offering.withdraw();
  await link.close();
}

export function metUnit({ met }: ShellySession): MetUnit {
  if (met === undefined) throw new Error('the unit has not been met');
  return met;
}

/** A conversation with the unit where it answered last. */
export const peerOf = (
  { link, at }: ShellySession,
  signal: AbortSignal,
  login: HttpLogin | undefined,
): PlugPeer => ({ network: link.network, at, signal, ...(login !== undefined && { login }) });

/** The unit, to be found again wherever it went. */
export const wantedUnit = (session: ShellySession): WantedUnit => ({
  mac: metUnit(session).mac,
  at: session.at,
});

export function enterStage(session: ShellySession, run: ShellyRun, stage: Stage): void {
  if (session.stage === stage) return;
  session.stage = stage;
  run.log('info', `stage ${STAGES.indexOf(stage)} of ${STAGES.length - 1}: ${stage}`);
}
