import { systemClock, type Clock } from '../../src/core/clock.ts';
import { createNetwork } from '../../src/drivers/http/network.ts';
import type { Network } from '../../src/drivers/http/port.ts';
import type { BenchSide } from '../../src/virtual/lan/bench-side.ts';

/** The network of the practice bench: its LAN, over which the real HTTP client speaks. */
export function openPracticeNetwork(lan: BenchSide, clock: Clock = systemClock): Promise<Network> {
  const { request, connect } = createNetwork({ clock, route: (at) => lan.route(at) });
  return Promise.resolve({ ...lan, request, connect });
}
