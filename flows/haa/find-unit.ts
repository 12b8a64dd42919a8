import { BenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import type { AccessPoint, WifiStation } from '../../src/drivers/http/port.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import { WIFI_TURN } from '../network-plug/index.ts';
import type { PortalPlace } from './way.ts';

/** A unit with its set-up page. */
export interface FoundUnit {
  /** Of its station side. */
  readonly mac: string;
  readonly place: PortalPlace;
  /** For the record: `HAA-A1B2C3`. */
  readonly name: string | undefined;
}

/** A link names a unit at its own access point by that: `http://haa-a1b2c3`. Its last six digits, or undefined. */
export const namedBy = (host: string): string | undefined =>
  /^haa-([0-9a-f]{6})$/i.exec(host)?.[1]?.toLowerCase();

/** The bit "locally administered" makes the BSSID of an ESP8266 out of its station MAC; back again. */
export function stationMac(bssid: string): string {
  const first = Number.parseInt(bssid.slice(0, 2), 16) & ~0x02;
  return `${first.toString(16).padStart(2, '0')}${bssid.slice(2)}`;
}

/**
 * Looks for the set-up page: at the address of the link, where this computer has joined the access point already, or on
 * the air. Undefined where neither is there. Throws PLUG_RUNS_OTHER.
 */
export async function findUnit(
  run: RunContext,
  link: NetworkLink,
  station: WifiStation | undefined,
): Promise<FoundUnit | undefined> {
  const wanted = namedBy(link.at.host);
  if (wanted == null) {
    const answer = await whoAnswers(link.network, link.at, { signal: run.signal });
    if (answer?.firmware === 'haa-portal' && answer.mac != null)
      return { mac: stationMac(answer.mac), place: { kind: 'page', at: answer.at }, name: undefined };
    if (answer != null && answer.firmware !== 'haa-portal') {
      if (answer.mac != null) await run.identify({ mac: answer.mac, firmware: answer.title });
      throw new BenchError('PLUG_RUNS_OTHER', {
        message: `This is no HAA installer: ${answer.title}.`,
        ...(answer.firmware === 'tasmota' && { next: 'tasmota' }),
      });
    }
  }
  const mac = wanted == null ? await link.network.macOf(link.at.host) : undefined;
  const ap = await hear(station, run, (point) =>
    wanted == null ? mac != null && stationMac(point.bssid) === mac : endsWith(point, wanted),
  );
  if (ap == null || station == null) return undefined;
  return {
    mac: stationMac(ap.bssid),
    place: { kind: 'access-point', ap, station },
    name: sanitize(ap.ssid),
  };
}

const endsWith = ({ ssid, bssid }: AccessPoint, last6: string): boolean =>
  /^HAA-/i.test(ssid) && bssid.replaceAll(':', '').endsWith(last6);

async function hear(
  station: WifiStation | undefined,
  run: RunContext,
  fits: (point: AccessPoint) => boolean,
): Promise<AccessPoint | undefined> {
  if (station == null) return undefined;
  return (await run.inTurn(WIFI_TURN, () => station.scan(run.signal))).find(fits);
}
