import type { Clock } from '../../core/clock.ts';
import { arpTable } from './arp.ts';
import { dial } from './dial.ts';
import { createHttpClient } from './http-client.ts';
import type { Network } from './port.ts';
import type { Route } from './route.ts';
import { RawConnection } from './tcp.ts';
import { createUdp, ownAddressTowards } from './udp.ts';

export interface NetworkOptions {
  readonly clock: Clock;
  /** For TCP alone, HTTP included. */
  readonly route?: Route;
}

/** This computer's network. Its functions may be taken one by one. */
export function createNetwork({
  clock,
  route,
}: NetworkOptions): Pick<
  Network,
  'request' | 'connect' | 'listenUdp' | 'sendUdp' | 'macOf' | 'ownAddressTowards'
> {
  return {
    ...createUdp(),
    request: createHttpClient({ clock, route }),
    connect: async (to, options) =>
      new RawConnection(await dial(to, { clock, route, ...options }), to, clock),
    macOf: async (host) => (await arpTable()).get(host),
    ownAddressTowards,
  };
}
