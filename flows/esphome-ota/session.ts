import type { HostPort } from '../../src/drivers/http/port.ts';
import type { EspHomeAnnouncement } from '../../src/protocols/esphome/index.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import type { EspHomePlan } from './plan.ts';

export type EspHomeRun = RunContext<EspHomePlan>;

/** A unit as it was met before anything was done to it. */
export interface MetUnit {
  readonly mac: string;
  /** For people: `ESPHome 2026.9.1`. */
  readonly title: string;
  /** Undefined where it does not announce itself. */
  readonly announced: EspHomeAnnouncement | undefined;
}

/** The image went to the unit. */
export interface Sent {
  /** What was not seen of its end. */
  readonly unknown: string | undefined;
}

export interface EspHomeSession {
  readonly link: NetworkLink;
  /** Where the unit was met last. */
  host: string;
  /** Of its updater; undefined until it has answered. */
  otaPort: number | undefined;
  met: MetUnit | undefined;
  sent: Sent | undefined;
}

export async function openSession(run: EspHomeRun): Promise<EspHomeSession> {
  const link = await run.openNetwork();
  return { link, host: link.at.host, otaPort: undefined, met: undefined, sent: undefined };
}

export const closeSession = ({ link }: EspHomeSession): Promise<void> => link.close();

export function metUnit({ met }: EspHomeSession): MetUnit {
  if (met === undefined) throw new Error('the unit has not been met');
  return met;
}

/** The port that the operator wrote into the link, if any. */
export function portOfLink(run: EspHomeRun): number | undefined {
  const port = run.link.kind === 'virtual' ? undefined : /:(\d+)$/.exec(run.link.text)?.[1];
  return port === undefined ? undefined : Number(port);
}

const PAGE_PORT = 80;

/** Of its web server. */
export function pageOf({ host }: EspHomeSession, run: EspHomeRun): HostPort {
  return { host, port: run.link.kind === 'http' ? (portOfLink(run) ?? PAGE_PORT) : PAGE_PORT };
}
