import type { StoredBackup } from '../../src/core/backup-store.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { HostPort } from '../../src/drivers/http/port.ts';
import type { Offering } from '../../src/drivers/http/firmware-server.ts';
import { TasmotaClient, type TasmotaStatus, type UploadEnd } from '../../src/protocols/tasmota/index.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import type { NewFirmware, WantedUnit } from '../network-plug/index.ts';
import type { Return } from './await-return.ts';
import type { PlugImage } from './image.ts';
import type { TasmotaPlan } from './plan.ts';
import type { ChosenSettings } from './restore.ts';
import type { Route } from './route.ts';

export type TasmotaRun = RunContext<TasmotaPlan>;

/** A unit as it was met before anything was done to it. */
export interface MetUnit {
  readonly status: TasmotaStatus;
  /** What its board is called: `Shelly Plug S`; the pilot's group. */
  readonly board: string;
}

/** Something went to the unit after which it starts anew. */
export interface Departure {
  readonly becomes: NewFirmware;
  /** What ran when it went out. */
  readonly before: TasmotaStatus;
  /** Monotonic, ms. */
  readonly atMs: number;
}

/** What went out last, and what is known of its end. */
export interface Sent extends Departure {
  readonly image: PlugImage;
  readonly end: UploadEnd;
}

export interface TasmotaSession {
  readonly link: NetworkLink;
  /** Where the unit answered last. */
  at: HostPort;
  met: MetUnit | undefined;
  route: Route | undefined;
  /** Of its settings, as they were before anything was sent; undefined where there was none to be had. */
  kept: StoredBackup | undefined;
  /** Where the unit fetches: with method=url. */
  offering: Offering | undefined;
  sent: Sent | undefined;
  /** How it was met after the last image, where a Tasmota was to come back. */
  returned: Return | undefined;
  /** Of a restore. */
  restores: ChosenSettings | undefined;
}

export async function openSession(run: TasmotaRun): Promise<TasmotaSession> {
  const link = await run.openNetwork();
  return {
    link,
    at: link.at,
    met: undefined,
    route: undefined,
    kept: undefined,
    offering: undefined,
    sent: undefined,
    returned: undefined,
    restores: undefined,
  };
}

export async function closeSession(session: TasmotaSession): Promise<void> {
  await session.offering?.withdraw().catch(() => {});
  session.offering = undefined;
  await session.link.close();
}

/** `signal`: mostly that of the run; while something is written `run.brokenOff`. */
export const clientOf = (
  { link, at }: Pick<TasmotaSession, 'link' | 'at'>,
  run: TasmotaRun,
  signal: AbortSignal = run.signal,
): TasmotaClient =>
  new TasmotaClient({ network: link.network, at, signal, log: run.log, password: run.plan.login?.password });

/** The unit that detect has met. */
export function metUnit({ met }: TasmotaSession): MetUnit {
  if (met == null) throw new Error('the unit has not been met');
  return met;
}

export const wantedUnit = (session: TasmotaSession, run: TasmotaRun): WantedUnit => ({
  mac: metUnit(session).status.mac,
  at: session.at,
  ...(run.plan.login != null && { login: run.plan.login }),
});

/** Throws PLUG_BAD_ANSWER: another unit has the address of this one now. */
export function refuseOtherMac(said: string, mac: string): void {
  if (said === mac) return;
  throw new BenchError('PLUG_BAD_ANSWER', {
    message: `Another unit (${said}) answers where ${mac} did.`,
    advice: 'Give the units fixed addresses, then retry.',
  });
}

export const sentNow = (run: TasmotaRun, image: PlugImage, before: TasmotaStatus, end: UploadEnd): Sent => ({
  becomes: image.becomes,
  image,
  end,
  before,
  atMs: run.clock.monotonicMs(),
});
