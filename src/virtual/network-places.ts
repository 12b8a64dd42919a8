import { BenchError } from '../core/errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Link, VirtualLink } from '../core/link.ts';
import type { Lan } from './lan/lan.ts';
import { findVirtualDevice } from './registry.ts';
import type { LastingStorage } from './store/storage.ts';
import type { NetworkUnit, VirtualDevice } from './virtual-device.ts';

/** A unit that was on its network already, when its place is first asked for: longest time until it is there, ms. */
const JOIN_LIMIT_MS = 500;

interface LaidUnit {
  readonly unit: NetworkUnit;
  readonly storage: LastingStorage;
}

export interface NetworkPlacesOptions {
  readonly clock: Clock;
  readonly lan: Lan;
  /** Flash of a unit, locked until it is closed. */
  readonly storageOf: (device: string, unit: number, fresh: boolean) => LastingStorage;
  readonly log?: (link: Link, text: string) => void;
}

/** Units on the network, by link: once laid in its place, a unit stays on its power as long as the program runs. */
export class NetworkPlaces {
  private readonly options: NetworkPlacesOptions;
  private readonly laid = new Map<string, LaidUnit>();

  constructor(options: NetworkPlacesOptions) {
    this.options = options;
  }

  /**
   * The unit of a link, on its network unless it finds none: a new one gets a moment for it. Throws LINK_UNKNOWN where
   * the link is not virtual or the device has no network, USAGE, PORT_BUSY.
   */
  async unitOf(link: Link): Promise<NetworkUnit> {
    if (link.virtual == null)
      throw new BenchError('LINK_UNKNOWN', { message: `${link.text} is not a virtual link.` });
    const known = this.laid.get(link.text);
    if (known != null) return known.unit;
    const device = findVirtualDevice(link.virtual.device);
    if (device.createNetworkUnit == null)
      throw new BenchError('LINK_UNKNOWN', { message: `${link.text} is not reached over the network.` });
    const laid = this.lay(device, link, link.virtual);
    this.laid.set(link.text, laid);
    await this.isOnNetwork(laid.unit);
    return laid.unit;
  }

  private isOnNetwork(unit: NetworkUnit): Promise<void> {
    const { clock, lan } = this.options;
    return new Promise((resolve) => {
      const look = () => {
        if (unit.at != null) end();
      };
      const end = () => {
        stopWatching();
        cancelLimit();
        resolve();
      };
      const cancelLimit = clock.after(JOIN_LIMIT_MS, () => end());
      const stopWatching = lan.onChange(look);
      look();
    });
  }

  /** Every unit off its power. */
  close(): void {
    for (const { unit, storage } of this.laid.values()) {
      unit.close();
      storage.close();
    }
    this.laid.clear();
  }

  private lay(device: VirtualDevice, link: Link, virtual: VirtualLink): LaidUnit {
    const { clock, lan, log } = this.options;
    const storage = this.options.storageOf(device.sameUnitsAs ?? device.name, virtual.unit, virtual.fresh);
    try {
      const unit = device.createNetworkUnit!({
        unit: virtual.unit,
        faults: virtual.faults,
        ...(virtual.state != null && { state: virtual.state }),
        ...(virtual.wiring != null && { wiring: virtual.wiring }),
        paced: virtual.paceBaud != null,
        clock,
        storage,
        lan,
        struck: new Set(),
        ...(log && { log: (text: string) => log(link, text) }),
      });
      return { unit, storage };
    } catch (error) {
      storage.close();
      throw error;
    }
  }
}
