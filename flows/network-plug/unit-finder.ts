import { abortReason } from '../../src/core/abort.ts';
import { BenchError } from '../../src/core/errors.ts';
import { last6 } from '../../src/core/identity.ts';
import type { AnnouncedService, HostPort, HttpLogin, Network } from '../../src/drivers/http/port.ts';
import { whoAnswers, type PlugAnswer } from '../../src/protocols/plugs/index.ts';
import { SharedWork } from './shared-work.ts';

export interface WantedUnit {
  readonly mac: string;
  /** Where it answered last. */
  readonly at: HostPort;
  readonly login?: HttpLogin;
}

/** All that a plug announces itself by. */
const SERVICES = ['_http._tcp', '_shelly._tcp', '_esphomelib._tcp', '_arduino._tcp'];
/** Where a page of plug firmware is. */
const PAGE_PORT = 80;

const sweeps = new SharedWork<readonly HostPort[]>();

async function swept(network: Network, near: string, signal: AbortSignal): Promise<readonly HostPort[]> {
  const found: HostPort[] = [];
  await network.sweep({ near, ports: [PAGE_PORT], signal, onHost: (host) => void found.push(host) });
  return found;
}

/** Units whose first three numbers are equal are found by one sweep. */
const subnetOf = (host: string): string => host.split('.').slice(0, 3).join('.');

/**
 * Finds one unit again by its MAC: at the address it had, at those it announces, and by a sweep of its subnet with the
 * ARP table of this computer. After a restart a unit may have another address; another unit may have its old one.
 */
export class UnitFinder {
  readonly #network: Network;
  readonly #wanted: WantedUnit;
  readonly #announced = new Map<string, HostPort>();
  #stopBrowsing: (() => void) | undefined;
  /** Where it answered last. */
  at: HostPort;

  constructor(network: Network, wanted: WantedUnit) {
    this.#network = network;
    this.#wanted = wanted;
    this.at = wanted.at;
  }

  /** Asks the last address and those that were announced. Throws only what `signal` was aborted with. */
  async look(signal: AbortSignal): Promise<PlugAnswer | undefined> {
    await this.#browse();
    for (const at of [this.at, ...this.#announced.values()]) {
      const answer = await this.#ask(at, signal);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Tries every address of its subnet, together with whoever else does. */
  async sweep(signal: AbortSignal): Promise<PlugAnswer | undefined> {
    let hosts: readonly HostPort[];
    try {
      const near = this.at.host;
      hosts = await sweeps.do({ on: this.#network, detail: subnetOf(near), signal }, (shared) =>
        swept(this.#network, near, shared),
      );
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (!(error instanceof BenchError)) throw error;
      return undefined;
    }
    for (const at of hosts) {
      if (at.host === this.at.host && at.port === this.at.port) continue;
      const arp = await this.#network.macOf(at.host).catch(() => undefined);
      if (arp !== undefined && arp !== this.#wanted.mac) continue;
      const answer = await this.#ask(at, signal);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Idempotent, never throws. */
  close(): void {
    this.#stopBrowsing?.();
    this.#stopBrowsing = undefined;
  }

  async #ask(at: HostPort, signal: AbortSignal): Promise<PlugAnswer | undefined> {
    const { mac, login } = this.#wanted;
    const answer = await whoAnswers(this.#network, at, {
      signal,
      mac,
      ...(login !== undefined && { login }),
    });
    if (answer?.mac !== mac) return undefined;
    this.at = at;
    return answer;
  }

  /** Without announcements it is found all the same, only later. */
  async #browse(): Promise<void> {
    if (this.#stopBrowsing !== undefined) return;
    this.#stopBrowsing = () => {};
    try {
      this.#stopBrowsing = await this.#network.browse(SERVICES, (service) => {
        if (!this.#isIt(service)) return;
        const { host } = service.at;
        this.#announced.set(host, {
          host,
          port: service.type === '_http._tcp' ? service.at.port : PAGE_PORT,
        });
      });
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
    }
  }

  /** Names carry the whole MAC or its last six digits; what is behind it is asked who it is. */
  #isIt({ name, hostName, txt }: AnnouncedService): boolean {
    const digits = this.#wanted.mac.replaceAll(':', '');
    const text = [name, hostName, ...Object.values(txt)].join(' ').toLowerCase().replaceAll(':', '');
    return text.includes(digits) || text.includes(last6(this.#wanted.mac));
  }
}
