import type { FollowedNetwork, NetworkDevice } from '../cli/services.ts';
import { last6 } from '../core/identity.ts';
import type { HostPort, Network } from '../drivers/http/port.ts';
import { ANNOUNCED_TYPES, describeAnnouncement } from '../protocols/announcements/describe.ts';
import { whoAnswers, type PlugAnswer } from '../protocols/plugs/index.ts';

/** Hosts that are asked at the same time what they run. */
const ASKED_AT_ONCE = 8;
/** Pages of plugs, and the interface of Sonoff's DIY mode. */
const SWEPT_PORTS = [80, 8081] as const;

/**
 * Tells of each device on the network that can be flashed: what announces itself, and after a sweep what answers
 * without announcing itself. Each is asked what it runs before it is told of; nothing is written to any.
 */
export async function networkDevices(
  network: Network,
  onFound: (device: NetworkDevice) => void,
): Promise<FollowedNetwork> {
  const ending = new AbortController();
  const asking = new Asking(network, ending.signal, onFound);
  const leave = await network.browse(ANNOUNCED_TYPES, (service) => {
    const described = describeAnnouncement(service);
    if (!described) return;
    const { host: address, port } = service.at;
    asking.later({ ...described, address, port }, pageOf(described.link) ?? { host: address, port: 80 });
  });
  return {
    async sweep() {
      const { signal } = ending;
      const asked = new Set<string>();
      await network.sweep({
        ports: SWEPT_PORTS,
        signal,
        onHost: (at) => {
          asked.add(at.host);
          asking.later(undefined, at);
        },
      });
      await asking.idle();
      return { answered: asked.size };
    },
    async ask(link) {
      const at = pageOf(link);
      if (at === undefined) return;
      await asking.one({ link, address: at.host, port: at.port, model: NOBODY, answers: 'nothing' }, at);
    },
    idle: () => asking.idle(),
    stop() {
      leave();
      ending.abort();
    },
  };
}

const NOBODY = 'nothing answers there';

/** Where the page of an `http://` link is. */
function pageOf(link: string | undefined): HostPort | undefined {
  if (link?.startsWith('http://') !== true) return undefined;
  const { hostname, port } = new URL(link);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}

const linkTo = ({ host, port }: HostPort): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 ? `http://${name}` : `http://${name}:${port}`;
};

/** Asks hosts what they run, a few at a time. */
class Asking {
  readonly #network: Network;
  readonly #signal: AbortSignal;
  readonly #onFound: (device: NetworkDevice) => void;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #announced = new Set<string>();
  #running = 0;
  readonly #onIdle: (() => void)[] = [];

  constructor(network: Network, signal: AbortSignal, onFound: (device: NetworkDevice) => void) {
    this.#network = network;
    this.#signal = signal;
    this.#onFound = onFound;
  }

  /** `known`: what it announces; undefined where a sweep found it. Who announced itself is not asked by a sweep again. */
  later(known: NetworkDevice | undefined, at: HostPort): void {
    if (known === undefined && this.#announced.has(at.host)) return;
    if (known !== undefined) this.#announced.add(known.address);
    this.#waiting.push(() => this.one(known, at));
    this.#next();
  }

  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  async one(known: NetworkDevice | undefined, at: HostPort): Promise<void> {
    const answer = await this.#whoAnswers(at);
    if (this.#signal.aborted) return;
    if (answer === undefined || answer.firmware === 'unknown') {
      // A sweep comes by at printers and routers.
      if (known === undefined) return;
      const mac =
        known.mac ?? answer?.mac ?? (await this.#network.macOf(known.address).catch(() => undefined));
      const isTyped = known.answers === 'nothing';
      return this.#onFound({
        ...known,
        ...(isTyped && answer !== undefined && { model: answer.title, answers: 'unknown' }),
        ...withMac(mac),
      });
    }
    const { firmware: _announced, ...rest } = known ?? { address: at.host, port: at.port };
    this.#onFound({
      ...rest,
      link: known?.link ?? linkTo(at),
      model: answer.title,
      answers: answer.firmware,
      ...(answer.locked === true && { locked: true }),
      ...withMac(answer.mac ?? known?.mac),
    });
  }

  async #whoAnswers(at: HostPort): Promise<PlugAnswer | undefined> {
    try {
      return await whoAnswers(this.#network, at, { signal: this.#signal });
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      return undefined;
    }
  }

  #next(): void {
    while (this.#running < ASKED_AT_ONCE) {
      const work = this.#waiting.shift();
      if (work === undefined) break;
      this.#running += 1;
      void work().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
    if (this.#running > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

const withMac = (mac: string | undefined): Pick<NetworkDevice, 'mac' | 'macTail'> =>
  mac === undefined ? {} : { mac, macTail: last6(mac) };
