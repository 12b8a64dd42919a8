import { BenchError } from '../../src/core/errors.ts';
import { last6 as last6Of } from '../../src/core/identity.ts';
import { sanitize } from '../../src/core/text.ts';
import type { AnnouncedService, HostPort, Network } from '../../src/drivers/http/port.ts';

/** HAA as HomeKit sees it; installers announce nothing. */
const HOMEKIT = '_hap._tcp';

/** Which unit is meant: where only its access point is known, only the end of its MAC is. */
export interface NamedUnit {
  /** Six lower-case hex digits. */
  readonly last6: string;
  readonly mac: string | undefined;
}

export const namedUnit = (mac: string): NamedUnit => ({ mac, last6: last6Of(mac) });

/** HAA itself, as it was announced by this very unit. */
export interface HapSighting {
  readonly at: HostPort;
  readonly name: string;
  /** By the ARP table of this computer; missing: only the name says which unit it is. */
  readonly mac: string | undefined;
}

/** Watches for HAA of one unit on the network. */
export class HapWatch {
  readonly #network: Network;
  readonly #unit: NamedUnit;
  readonly #announced: AnnouncedService[] = [];
  #stop: (() => void) | undefined;

  constructor(network: Network, unit: NamedUnit) {
    this.#network = network;
    this.#unit = unit;
  }

  async open(): Promise<void> {
    this.#stop = await this.#network.browse([HOMEKIT], (service) => void this.#announced.push(service));
  }

  /** The last three bytes of its MAC are in the name that HAA gives itself: `HAA-A1B2C3`. */
  async sighting(): Promise<HapSighting | undefined> {
    const { last6, mac: wanted } = this.#unit;
    for (const service of this.#announced.splice(0)) {
      const name = sanitize(service.name).slice(0, 60);
      if (!name.toLowerCase().startsWith(`haa-${last6}`)) continue;
      const mac = await this.#macOf(service.at.host);
      const isOther = mac != null && (wanted == null ? last6Of(mac) !== last6 : mac !== wanted);
      if (!isOther) return { at: service.at, name, mac };
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
