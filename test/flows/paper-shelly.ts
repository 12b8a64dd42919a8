import type { Clock } from '../../src/core/clock.ts';
import { json, type Script } from '../harness/scripted-lan.ts';
import type { ScriptedLan } from '../harness/scripted-lan.ts';
import type { ScriptedServer } from '../harness/scripted-server.ts';

export const MAC = '24:6f:28:d4:e5:f6';
export const HOST = '10.1.0.9';
const DEFAULT_URL = 'https://ota.tasmota.com/tasmota/release/tasmota.bin';

type State = 'stock' | 'takeover' | 'silent' | 'tasmota';

/**
 * A Shelly on paper: it answers as the reference says, and what it does after an order is up to the test. Its states
 * follow one another in the test's own time.
 */
export class PaperShelly {
  state: State = 'stock';
  type = 'SHPLG-S';
  app = 'shelly-plug-s';
  fw = '20230109-114426/v1.12.2-gdeadbee';
  auth = false;
  rssi = -58;
  uptime = 400;
  updater = 'idle';
  version = '14.3.0(lite)';
  /** Where the intermediate firmware fetches from. */
  url = DEFAULT_URL;
  host = HOST;
  readonly repointed: string[] = [];
  readonly orders: string[] = [];
  readonly #clock: Clock;
  readonly #lan: ScriptedLan;
  readonly #server: ScriptedServer;

  constructor(clock: Clock, lan: ScriptedLan, server: ScriptedServer) {
    this.#clock = clock;
    this.#lan = lan;
    this.#server = server;
    lan.hosts.set(this.host, (request) => this.#answer(request));
  }

  /** What it does with an order; the test may give it something else to do. */
  onOrder = (url: string): void => {
    this.updater = 'updating';
    this.later(2_000, () => {
      const zip = this.#server.fetch(url);
      this.updater = 'idle';
      if (zip !== undefined) this.takeOver(zip);
    });
  };

  onStart = (): void => this.fetchTarget();

  /** Its slot is copied, it starts twice. */
  takeOver(zip: Uint8Array): void {
    const text = Buffer.from(zip).toString('latin1');
    this.url = /https?:\/\/[\w.:/-]+\.bin/.exec(text)?.[0] ?? DEFAULT_URL;
    this.become('silent');
    this.later(20_000, () => this.startTakeover());
  }

  startTakeover(): void {
    this.become('takeover');
    this.later(3_000, () => this.onStart());
  }

  fetchTarget(): void {
    if (this.state !== 'takeover' || this.#server.fetch(this.url) === undefined) return;
    this.become('silent');
    this.later(8_000, () => this.become('tasmota'));
  }

  become(state: State): void {
    this.state = state;
  }

  moveTo(host: string): void {
    this.#lan.hosts.delete(this.host);
    this.host = host;
    this.#lan.hosts.set(host, (request) => this.#answer(request));
    this.#lan.arp.set(host, MAC);
  }

  later(ms: number, act: () => void): void {
    this.#clock.after(ms, act);
  }

  #answer: Script = (request) => {
    switch (this.state) {
      case 'stock':
        return this.#stock(request);
      case 'takeover':
        return this.#takeover(request);
      case 'tasmota':
        return tasmota(this.version)(request);
      case 'silent':
        return undefined;
    }
  };

  #stock: Script = ({ path, login }) => {
    const { type, fw, auth, rssi, uptime } = this;
    if (path === '/shelly') return json({ type, mac: MAC.replaceAll(':', '').toUpperCase(), auth, fw });
    if (auth && login?.password !== 'right') return { status: 401, body: '401 Unauthorized' };
    if (path === '/settings')
      return json({ device: { type, mac: MAC }, wifi_sta: { ssid: 'home' }, name: 'Lamp' });
    if (path === '/status') return json({ wifi_sta: { connected: true, rssi }, uptime, mac: MAC });
    if (path === '/ota') return json({ status: this.updater, old_version: fw });
    if (path.startsWith('/ota?url=')) {
      const url = path.slice('/ota?url='.length);
      this.orders.push(url);
      this.onOrder(url);
      return json({ status: 'updating', old_version: fw });
    }
    return { status: 404, body: 'Not Found' };
  };

  #takeover: Script = ({ path, body }) => {
    if (path === '/') return '<html><head><title>Index of /</title></head></html>';
    if (path === '/rpc/Sys.GetInfo') return json({ app: this.app, fw_version: '0.4.6', mac: MAC });
    if (path === '/rpc/Config.Get') return json({ url: this.url });
    if (path === '/rpc/Config.Set') {
      const { config } = JSON.parse(body as string) as { config: { mg2x: { url: string } } };
      this.url = config.mg2x.url;
      this.repointed.push(this.url);
      this.become('silent');
      this.later(6_000, () => this.startTakeover());
      return json({ saved: true });
    }
    return { status: 404, body: 'Not Found' };
  };
}

const tasmota =
  (version: string): Script =>
  ({ path }) => ({
    status: path.startsWith('/cm') ? 200 : 404,
    headers: { server: `Tasmota/${version.replace(/\(.*/, '')} (ESP8266EX)` },
    body: JSON.stringify({ StatusFWR: { Version: version }, StatusNET: { Mac: MAC.toUpperCase() } }),
  });
