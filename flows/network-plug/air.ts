import { abortReason } from '../../src/core/abort.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { AccessPoint, HostPort, WifiStation } from '../../src/drivers/http/port.ts';
import { isAccessPointOf } from '../../src/protocols/plugs/index.ts';
import type { RunContext } from '../flow.ts';
import { namesAccessPoint, type NewFirmware } from './new-firmware.ts';
import { SharedWork } from './shared-work.ts';

/** Who uses the Wi-Fi interface of the bench takes it under this name, one unit at a time. */
export const WIFI_TURN = 'Wi-Fi of this computer';

/** The access point of a unit, as it is heard. */
export interface HeardAccessPoint {
  readonly ap: AccessPoint;
  /** `bssid`: it is that of this very unit. `name`: only the name fits, which anything may have. */
  readonly by: 'bssid' | 'name';
  /** False where its name is none that the new firmware gives: the old one opens an access point too. */
  readonly fits: boolean;
}

const scans = new SharedWork<readonly AccessPoint[]>();

/** The access point of this unit, if it is heard now. Throws only what `signal` was aborted with. */
export async function hearAccessPoint(
  run: RunContext,
  station: WifiStation,
  {
    mac,
    wanted,
    signal,
  }: { readonly mac: string; readonly wanted: NewFirmware; readonly signal: AbortSignal },
): Promise<HeardAccessPoint | undefined> {
  let heard: readonly AccessPoint[];
  try {
    heard = await scans.do({ on: station, signal }, (shared) =>
      run.inTurn(WIFI_TURN, () => station.scan(shared), { signal: shared }),
    );
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    if (!(error instanceof BenchError)) throw error;
    run.log('warn', `the air could not be listened to: ${error.message}`);
    return undefined;
  }
  const hasName = ({ ssid }: AccessPoint) => namesAccessPoint(ssid, mac, wanted);
  const own = heard.find(({ bssid }) => isAccessPointOf(bssid, mac));
  if (own !== undefined)
    return { ap: own, by: 'bssid', fits: wanted.accessPointPrefix === undefined || hasName(own) };
  const named = heard.find(hasName);
  return named === undefined ? undefined : { ap: named, by: 'name', fits: true };
}

/** Joins the access point of a unit for the time of `work`, and leaves it whatever happens. Throws WIFI_JOIN_FAILED. */
export function atAccessPoint<T>(
  run: RunContext,
  station: WifiStation,
  { ap, port }: { readonly ap: AccessPoint; readonly port: number },
  work: (at: HostPort) => Promise<T>,
): Promise<T> {
  return run.inTurn(WIFI_TURN, async () => {
    const joined = await station.join(ap.ssid, { signal: run.signal });
    try {
      return await work({ host: joined.gateway, port });
    } finally {
      await joined.leave();
    }
  });
}
