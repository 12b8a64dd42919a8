import type { FollowedNetwork, NetworkDevice } from '../cli/services.ts';
import { toBenchError } from '../core/errors.ts';
import type { NetworkList, NetworkNow, NetworkView } from '../ui/services.ts';

const NOTHING: NetworkNow = { devices: [], sweep: 'not-yet' };

export type FollowNetwork = (onFound: (device: NetworkDevice) => void) => Promise<FollowedNetwork>;

/** Devices on the network, followed while somebody listens. What was found stays on the list. */
export function networkList(follow: FollowNetwork): NetworkList {
  const listeners = new Set<() => void>();
  let now = NOTHING;
  let following: Promise<FollowedNetwork> | undefined;

  const change = (changes: Partial<NetworkNow>) => {
    now = { ...now, ...changes };
    for (const listener of [...listeners]) listener();
  };
  const found = (device: NetworkDevice) => change({ devices: withDevice(now.devices, viewOf(device)) });
  /** What `work` does with the network; why it cannot be done is told, unless it was left meanwhile. */
  const use = async (work: (network: FollowedNetwork) => Promise<void>) => {
    const used = following;
    if (used === undefined) return;
    try {
      await work(await used);
    } catch (error) {
      if (used !== following) return;
      const { message, advice } = toBenchError(error);
      change({ problem: `${message} ${advice}`, ...(now.sweep === 'running' && { sweep: 'not-yet' }) });
    }
  };

  return {
    now: () => now,
    subscribe(listener) {
      // A function of its own for each: one who subscribes twice leaves twice.
      const own = () => listener();
      listeners.add(own);
      if (following === undefined) {
        following = follow(found);
        void use(async () => {});
      }
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        const left = following;
        following = undefined;
        if (now.sweep === 'running') now = { ...now, sweep: 'not-yet' };
        left?.then(
          (network) => network.stop(),
          () => {},
        );
      };
    },
    sweep() {
      if (following === undefined || now.sweep === 'running') return;
      const { problem: _old, ...rest } = now;
      now = rest;
      change({ sweep: 'running' });
      void use(async (network) => {
        const swept = await network.sweep();
        change({ sweep: swept });
      });
    },
    ask: (link) => void use((network) => network.ask(link)),
  };
}

function viewOf(device: NetworkDevice): NetworkView {
  const { link, address, port, name, model, firmware, answers, locked, mac, macTail } = device;
  return {
    place: link ?? `${address}:${port}`,
    host: address,
    ...(link !== undefined && { link }),
    ...(mac !== undefined && { mac }),
    ...(macTail !== undefined && { last6: macTail }),
    ...(name !== undefined && { name }),
    what: [model, ...(firmware === undefined ? [] : [firmware])].join(', '),
    answers: answers !== 'nothing',
    locked: locked === true,
  };
}

/** In its row; a unit that came back with another address leaves its old one. */
function withDevice(before: readonly NetworkView[], device: NetworkView): readonly NetworkView[] {
  const others = before.filter(
    ({ place, host, mac }) =>
      place === device.place || host === device.host || mac === undefined || mac !== device.mac,
  );
  const at = others.findIndex(({ place }) => place === device.place);
  return at < 0 ? [...others, device] : others.with(at, device);
}
