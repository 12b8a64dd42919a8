import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import type { WifiStation } from '../../src/drivers/http/port.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import { awaitUnit, type WantedUnit } from '../network-plug/index.ts';
import { HAA_INSTALLER } from './installer.ts';
import type { HaaPlan } from './plan.ts';
import { HaaWay, type PortalPlace } from './way.ts';

export interface GoOnOptions {
  readonly plan: HaaPlan;
  /** As it was met under the firmware before: at an address of the network it goes back to. */
  readonly unit: WantedUnit;
  /** How long its set-up page is waited for, ms. */
  readonly waitMs: number;
}

/** For a unit that has just become an installer: waits for its set-up page and brings it on to HAA. */
export async function goOn(
  run: RunContext,
  link: NetworkLink,
  { plan, unit, waitMs }: GoOnOptions,
): Promise<Verdict> {
  const station = await link.network.wifi();
  const way = await HaaWay.prepare(run, link, {
    plan,
    mac: unit.mac,
    towards: () => Promise.resolve(unit.at.host),
  });
  try {
    const place = await findPage(run, link, station, unit, waitMs);
    if (place == null) return noPage(station);
    await run.identify({ mac: unit.mac, firmware: HAA_INSTALLER.title });
    await way.save(place);
    return await way.follow(run.brokenOff, station);
  } finally {
    await way.close();
  }
}

async function findPage(
  run: RunContext,
  { network }: NetworkLink,
  station: WifiStation | undefined,
  unit: WantedUnit,
  waitMs: number,
): Promise<PortalPlace | undefined> {
  const met = await awaitUnit(run, network, {
    unit,
    wanted: HAA_INSTALLER,
    isIt: ({ firmware }) => firmware === 'haa-portal',
    limitMs: waitMs,
    station,
    signal: run.brokenOff,
    label: 'waiting for the set-up page of HAA',
  });
  if (met.kind === 'answers') return { kind: 'page', at: met.answer.at };
  if (met.kind !== 'access-point' || met.heard.by !== 'bssid' || station == null) return undefined;
  return { kind: 'access-point', ap: met.heard.ap, station };
}

const noPage = (station: WifiStation | undefined): Verdict =>
  verdictFrom(
    new BenchError('NEW_FIRMWARE_SILENT', {
      message:
        station == null
          ? 'The set-up page of HAA is at its own access point, and this computer has no Wi-Fi interface to join it.'
          : 'The access point of the HAA installer was not heard.',
      advice:
        'Leave the power on and look with a phone for a Wi-Fi named HAA-…; give it script and Wi-Fi there (http://192.168.4.1:4567), then look again.',
    }),
  );
