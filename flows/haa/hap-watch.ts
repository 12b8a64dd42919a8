import { BenchError } from '../../src/core/errors.ts';
import { last6 } from '../../src/core/identity.ts';
import { sanitize } from '../../src/core/text.ts';
import type { AnnouncedService, HostPort, Network } from '../../src/drivers/http/port.ts';

/** HAA as HomeKit sees it; installers announce nothing. */
const HOMEKIT = '_hap._tcp';

/** HAA itself, as it was announced by this very unit. */
export interface HapSighting {
  readonly at: HostPort;
  readonly name: string;
  /** What says that it is this unit: its ARP entry, or only the end of its MAC in the name. */
  readonly by: 'mac' | 'name';
}

/** Watches for HAA of one unit on the network. */
export class HapWatch {
  readonly #network: Network;
  readonly #mac: string;
  readonly #announced: AnnouncedService[] = [];
  #stop: (() => void) | undefined;

  constructor(network: Network, mac: string) {
    this.#network = network;
    this.#mac = mac;
  }

  async open(): Promise<void> {
    this.#stop = await this.#network.browse([HOMEKIT], (service) => void this.#announced.push(service));
  }

  /** The last three bytes of its MAC are in the name that HAA gives itself: `HAA-A1B2C3`. */
  async sighting(): Promise<HapSighting | undefined> {
    const wanted = `haa-${last6(this.#mac)}`;
    for (const service of this.#announced.splice(0)) {
      const name = sanitize(service.name).slice(0, 60);
      if (!name.toLowerCase().startsWith(wanted)) continue;
      const mac = await this.#macOf(service.at.host);
      if (mac != null && mac !== this.#mac) continue;
      return { at: service.at, name, by: mac == null ? 'name' : 'mac' };
    }
    return undefined;
  }

  /** Idempotent, never throws. */
  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  async #macOf(host: string): Promise<string | undefined> {
    try {
      return await this.#network.macOf(host);
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      return undefined;
    }
  }
}
