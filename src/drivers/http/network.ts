import type { Clock } from '../../core/clock.ts';
import type { Programs } from '../process/programs.ts';
import { findWifiStation } from '../wifi/find-station.ts';
import { arpTable } from './arp.ts';
import { dial } from './dial.ts';
import { createHttpClient } from './http-client.ts';
import { ownAddresses } from './interfaces.ts';
import { browse } from './mdns/browse.ts';
import { joinMdnsGroup } from './mdns/group.ts';
import type { Network } from './port.ts';
import type { Route } from './route.ts';
import { sweep } from './sweep.ts';
import { RawConnection } from './tcp.ts';
import { createUdp, ownAddressTowards } from './udp.ts';

export interface NetworkOptions {
  readonly clock: Clock;
  /** For TCP alone, HTTP included. */
  readonly route?: Route;
  /** Missing: without Wi-Fi. */
  readonly programs?: Programs;
}

/** This computer's network. Its functions may be taken one by one. */
export function createNetwork({ clock, route, programs }: NetworkOptions): Network {
  return {
    ...createUdp(),
    request: createHttpClient({ clock, route }),
    connect: async (to, options) =>
      new RawConnection(await dial(to, { clock, route, ...options }), to, clock),
    browse: async (types, onFound) => browse({ types, onFound, clock, join: joinMdnsGroup, ownAddresses }),
    sweep: (options) => sweep(options, { clock, route, ownAddresses }),
    macOf: async (host) => (await arpTable()).get(host),
    ownAddressTowards,
    wifi: async () => (programs ? findWifiStation(programs) : undefined),
  };
}
