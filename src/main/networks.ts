import type { Clock } from '../core/clock.ts';
import type { Network } from '../drivers/http/port.ts';
import type { Programs } from '../drivers/process/programs.ts';
import type { BenchSide } from '../virtual/lan/bench-side.ts';

/** This computer's network. Nothing of it is loaded before somebody asks for it. */
export function lazyNetwork(clock: Clock, programs: Programs): Network {
  let loaded: Promise<Network> | undefined;
  const network = () =>
    (loaded ??= import('../drivers/http/network.ts').then(({ createNetwork }) =>
      createNetwork({ clock, programs }),
    ));
  return {
    request: async (request) => (await network()).request(request),
    connect: async (to, options) => (await network()).connect(to, options),
    listenUdp: async (port, onDatagram) => (await network()).listenUdp(port, onDatagram),
    sendUdp: async (to, bytes) => (await network()).sendUdp(to, bytes),
    browse: async (types, onFound) => (await network()).browse(types, onFound),
    sweep: async (options) => (await network()).sweep(options),
    macOf: async (host) => (await network()).macOf(host),
    ownAddressTowards: async (host) => (await network()).ownAddressTowards(host),
    wifi: async () => (await network()).wifi(),
  };
}

/** The network of the practice bench: the real driver for HTTP and raw connections, all else of its virtual LAN. */
export async function openPracticeNetwork(lan: BenchSide, clock: Clock): Promise<Network> {
  const { createNetwork } = await import('../drivers/http/network.ts');
  const real = createNetwork({ clock, route: (at) => lan.route(at) });
  return {
    ...lan,
    request: (request) => real.request(request),
    connect: (to, options) => real.connect(to, options),
  };
}
