import { throwIfAborted } from '../../core/abort.ts';
import { BenchError } from '../../core/errors.ts';
import type { AnnouncedService, HostPort, Network, SweepOptions } from '../../drivers/http/port.ts';
import { isOnLan } from './addresses.ts';
import { BenchStation } from './bench-station.ts';
import { deliverTo, type Lan } from './lan.ts';

/** What the bench has of the practice LAN; only the HTTP client and raw connections are the real driver's own. */
export interface BenchSide extends Omit<Network, 'request' | 'connect'> {
  /**
   * Where a connection to `at` really goes: a loopback port, a closed one where the unit does not listen on it,
   * `nobody` where no unit answers. Undefined: no address of the LAN, as it stands.
   */
  route(at: HostPort): HostPort | 'nobody' | undefined;
}

export function benchSide(lan: Lan): BenchSide {
  const station = new BenchStation(lan);
  const isCarried = (host: string) => isOnLan(host) || isAccessPointAddress(host);
  return {
    route(at) {
      const unit = lan.unitAt(at.host);
      if (unit == null) return isCarried(at.host) ? 'nobody' : undefined;
      return unit.doorTo(at.port);
    },
    async listenUdp(port, onDatagram) {
      return lan.listenAtBench(port, onDatagram);
    },
    async sendUdp(to, bytes) {
      if (to.host.endsWith('.255')) for (const radio of lan.radios) deliverTo(radio, to.port, bytes);
      else {
        const unit = lan.unitAt(to.host);
        if (unit != null) deliverTo(unit, to.port, bytes);
      }
    },
    async browse(types, onFound) {
      return browse(lan, types, onFound);
    },
    sweep: (options) => sweep(lan, options),
    async macOf(host) {
      const unit = lan.unitAt(host);
      return lan.joined?.radio === unit && lan.joined?.address === host ? unit?.bssid : unit?.mac;
    },
    async ownAddressTowards(host) {
      if (isCarried(host) || host.startsWith('127.')) return '127.0.0.1';
      throw new BenchError('NO_ROUTE', { message: `The practice bench has no way to ${host}.` });
    },
    async wifi() {
      return station;
    },
  };
}

/** The subnets in which access points of plugs have their addresses; none of them is the practice LAN. */
const ACCESS_POINT_SUBNETS = ['192.168.4.', '192.168.33.', '10.10.7.', '10.42.42.'];

const isAccessPointAddress = (host: string): boolean =>
  ACCESS_POINT_SUBNETS.some((subnet) => host.startsWith(subnet));

function browse(
  lan: Lan,
  types: readonly string[],
  onFound: (service: AnnouncedService) => void,
): () => void {
  const told = new Map<string, string>();
  const look = () => {
    for (const { address, services } of lan.radios) {
      if (address == null) continue;
      for (const service of services) {
        if (!types.includes(service.type)) continue;
        const found: AnnouncedService = {
          type: service.type,
          name: service.name,
          hostName: service.hostName,
          at: { host: address, port: service.port },
          txt: service.txt,
        };
        const key = `${found.type} ${found.name}`;
        const text = JSON.stringify(found);
        if (told.get(key) === text) continue;
        told.set(key, text);
        onFound(found);
      }
    }
  };
  const stop = lan.onChange(look);
  look();
  return stop;
}

async function sweep(lan: Lan, { ports, signal, onHost }: SweepOptions): Promise<void> {
  throwIfAborted(signal);
  for (const { address, doors } of [...lan.radios]) {
    if (address == null) continue;
    for (const port of ports) if (doors.has(port)) onHost({ host: address, port });
  }
}
