import type { Offering } from '../../src/drivers/http/firmware-server.ts';
import type { HostPort } from '../../src/drivers/http/port.ts';
import { SONOFF_PORT, SonoffDiy, type SonoffInfo } from '../../src/protocols/sonoff-diy/index.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import type { FetchWatch, WantedUnit } from '../network-plug/index.ts';
import type { SonoffPlan } from './plan.ts';

export type SonoffRun = RunContext<SonoffPlan>;

/** A unit as it was met before anything was done to it. */
export interface MetUnit {
  /** By the ARP table of this computer: nothing that the unit says is its own MAC. */
  readonly mac: string;
  readonly info: SonoffInfo;
  /** For people: `Sonoff DIY firmware 3.6.0`. */
  readonly title: string;
}

export interface SonoffSession {
  readonly link: NetworkLink;
  /** Where its calls go. */
  readonly at: HostPort;
  /** One conversation, so that its pace is kept. */
  readonly diy: SonoffDiy;
  met: MetUnit | undefined;
  offering: Offering | undefined;
  watch: FetchWatch | undefined;
  /** The unit has been told to fetch, and is not known to be through. */
  isFetching: boolean;
  /** What of its end was not seen, for the record. */
  readonly notDone: string[];
}

/** Where its pages will be once it runs something else. */
const PAGE_PORT = 80;

export async function openSession(run: SonoffRun): Promise<SonoffSession> {
  const link = await run.openNetwork();
  // A link without a port means a web page, and DIY mode has none.
  const at = { host: link.at.host, port: link.at.port === PAGE_PORT ? SONOFF_PORT : link.at.port };
  return {
    link,
    at,
    // What is asked while it fetches must outlive a cancel.
    diy: new SonoffDiy({ network: link.network, at, signal: run.brokenOff, clock: run.clock }),
    met: undefined,
    offering: undefined,
    watch: undefined,
    isFetching: false,
    notDone: [],
  };
}

export async function closeSession(session: SonoffSession): Promise<void> {
  session.watch?.close();
  // A unit that fetches goes on, be the bench there or not: only then its file stays.
  if (!session.isFetching) await session.offering?.withdraw().catch(() => {});
  await session.link.close();
}

export function metUnit({ met }: SonoffSession): MetUnit {
  if (met === undefined) throw new Error('the unit has not been met');
  return met;
}

/** The unit, to be found again under its new firmware wherever it went. */
export const wantedUnit = (session: SonoffSession): WantedUnit => ({
  mac: metUnit(session).mac,
  at: { host: session.at.host, port: PAGE_PORT },
});
