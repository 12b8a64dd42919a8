import type * as z from 'zod';
import { ask, jsonOf, type PlugPeer } from '../plugs/talk.ts';
import {
  gen1Identity,
  gen1Ota,
  gen1Settings,
  gen1Status,
  type Gen1Identity,
  type Gen1Ota,
  type Gen1Status,
} from './gen1-codec.ts';

/** What `/ota?url=` takes as it is: the units decode nothing that needs no decoding. */
const PLAIN_URL = /^http:\/\/[\w.:/~-]+$/;

/** The HTTP API of a Shelly of the first generation. Throws PLUG_LOCKED, PLUG_BAD_ANSWER and what the network does. */
export class ShellyGen1 {
  readonly #peer: PlugPeer;

  constructor(peer: PlugPeer) {
    this.#peer = peer;
  }

  async identity(): Promise<Gen1Identity> {
    return jsonOf(await ask(this.#peer, { path: '/shelly' }), gen1Identity, '/shelly');
  }

  /** All settings, as the unit gives them: passwords are left out by the firmware, names of networks are not. */
  async settings(): Promise<z.output<typeof gen1Settings>> {
    return jsonOf(await ask(this.#peer, { path: '/settings' }), gen1Settings, '/settings');
  }

  async status(): Promise<Gen1Status> {
    return jsonOf(await ask(this.#peer, { path: '/status' }), gen1Status, '/status');
  }

  async ota(): Promise<Gen1Ota> {
    return jsonOf(await ask(this.#peer, { path: '/ota' }), gen1Ota, '/ota');
  }

  /**
   * Orders an update. The answer `updating` means only that the order was heard: it comes before any download, and a
   * unit behind a firewall says the same (yaourdt/mgos-to-tasmota#44).
   */
  async startOta(url: string): Promise<Gen1Ota> {
    const value = PLAIN_URL.test(url) ? url : encodeURIComponent(url);
    return jsonOf(await ask(this.#peer, { path: `/ota?url=${value}` }), gen1Ota, '/ota?url=');
  }
}
