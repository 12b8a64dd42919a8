import { setMaxListeners } from 'node:events';
import { abortReason, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { openSocket } from './dial.ts';
import {
  type OwnAddress,
  describeOwn,
  ipv4Text,
  isPrivate,
  neighbourhoodOf,
  subnetOf,
} from './interfaces.ts';
import type { HostPort, SweepOptions } from './port.ts';
import type { Route } from './route.ts';

/** Two subnets of the usual size. */
const MAX_HOSTS = 1022;
/** A subnet of more addresses than this is swept around the own one only, bits. */
const WIDEST_PREFIX_BITS = 22;
const AT_ONCE = 32;
/** Units in reach take a connection in a few ms, a sleeping ESP8266 within a beacon or three (100 ms each). */
const CONNECT_LIMIT_MS = 400;

/**
 * The addresses to be tried: of private subnets of this computer, without its own, nearest subnet first; never more
 * than 1,022.
 */
export function sweepTargets(own: readonly OwnAddress[], near?: string): readonly string[] {
  const nearest = near === undefined ? undefined : neighbourhoodOf(near, own);
  const subnets = near === undefined ? own : nearest ? [nearest] : [];
  const mine = new Set(own.map(({ address }) => address));
  const targets = new Set<string>();
  for (const subnet of subnets.filter(({ address }) => isPrivate(address))) {
    const prefixBits = Math.max(subnet.prefixBits, WIDEST_PREFIX_BITS);
    const { first, last } = subnetOf({ address: near ?? subnet.address, prefixBits });
    for (let number = first + 1; number < last && targets.size < MAX_HOSTS; number++) {
      const address = ipv4Text(number);
      if (!mine.has(address)) targets.add(address);
    }
  }
  return [...targets];
}

export interface SweepContext {
  readonly clock: Clock;
  readonly route?: Route | undefined;
  readonly ownAddresses: () => readonly OwnAddress[];
}

/** See `Network.sweep`. Throws NO_ROUTE where this computer is on no private network. */
export async function sweep(
  options: SweepOptions,
  { clock, route, ownAddresses }: SweepContext,
): Promise<void> {
  const { near, ports, signal, onHost } = options;
  const own = ownAddresses();
  const targets = sweepTargets(own, near);
  if (targets.length === 0)
    throw new BenchError('NO_ROUTE', {
      message:
        own.length === 0
          ? 'This computer is on no network.'
          : `Only private networks of this computer are searched; it has ${own.map(describeOwn).join(', ')}.`,
    });
  // So many listen to it at once that Node would warn of a leak.
  const stop = AbortSignal.any([signal]);
  setMaxListeners(0, stop);
  const places = targets.flatMap((host) => ports.map((port): HostPort => ({ host, port })));
  let next = 0;
  const tryRest = async () => {
    for (let place = places[next++]; place; place = places[next++]) {
      throwIfAborted(signal);
      if (await takesConnection(place)) onHost(place);
    }
  };
  const takesConnection = async (place: HostPort): Promise<boolean> => {
    try {
      const socket = await openSocket(place, { clock, route, limitMs: CONNECT_LIMIT_MS, signal: stop });
      socket.destroy();
      return true;
    } catch {
      if (signal.aborted) throw abortReason(signal);
      return false;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tryRest));
}
