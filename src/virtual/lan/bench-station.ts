import { BenchError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/abort.ts';
import type { AccessPoint, JoinedAccessPoint, WifiStation } from '../../drivers/http/port.ts';
import { benchAddressAt, type Lan } from './lan.ts';

/** The Wi-Fi interface of the practice bench: hears the access points of its units and joins one at a time. */
export class BenchStation implements WifiStation {
  readonly name = 'practice bench';
  private readonly lan: Lan;

  constructor(lan: Lan) {
    this.lan = lan;
  }

  async scan(signal: AbortSignal): Promise<readonly AccessPoint[]> {
    throwIfAborted(signal);
    return [...this.lan.radios].flatMap((radio) => {
      const { accessPoint } = radio;
      if (accessPoint == null) return [];
      return [
        {
          ssid: accessPoint.ssid,
          bssid: radio.bssid,
          signalPercent: percentOf(radio.rssiDbm),
          open: accessPoint.password == null,
        },
      ];
    });
  }

  async join(
    ssid: string,
    { password, signal }: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<JoinedAccessPoint> {
    throwIfAborted(signal);
    const radio = [...this.lan.radios].find(({ accessPoint }) => accessPoint?.ssid === ssid);
    if (radio?.accessPoint == null)
      throw new BenchError('WIFI_JOIN_FAILED', { message: `The access point ${ssid} is not heard.` });
    if (radio.accessPoint.password !== password)
      throw new BenchError('WIFI_JOIN_FAILED', {
        message: `The access point ${ssid} refuses ${password == null ? 'to go without a password' : 'this password'}.`,
      });
    const joined = { radio, address: radio.accessPoint.address };
    this.lan.joined = joined;
    return {
      ownAddress: benchAddressAt(joined.address),
      gateway: joined.address,
      leave: async () => {
        if (this.lan.joined === joined) this.lan.joined = undefined;
      },
    };
  }
}

/** As NetworkManager counts it: -40 dBm and better is 100 %, -100 dBm nothing. */
export const percentOf = (rssiDbm: number): number =>
  Math.round(Math.min(100, Math.max(0, ((rssiDbm + 100) * 100) / 60)));
