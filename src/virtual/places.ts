import type { Clock } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { Link, VirtualLink } from '../core/link.ts';
import type { Air } from './air/air.ts';
import { findVirtualDevice, onProgrammer } from './registry.ts';
import { Slot, type SlotMemory } from './serial/slot.ts';
import { lockedFlashFile } from './store/locked-flash.ts';

/** Who is connected to a place. */
export interface PlaceUser {
  heard(bytes: Uint8Array): void;
  /** The adapter was pulled out. */
  lose(): void;
}

/** How a unit lies in its place: wired up, or with its flash chip on a programmer. */
export type Seat = 'wired' | 'programmer';

/** One place of the practice bench while somebody uses it: by wire, by radio, or both at the same time. */
export interface Place {
  readonly slot: Slot;
  /** The serial port or programmer that is open to it, if one is. */
  port: PlaceUser | undefined;
  /** Leaves the place; the last one who leaves puts the unit away. Call once. */
  release(): void;
}

/** The places of one practice bench, by link. What lies in a place stays there as long as the program runs. */
export class Places {
  private readonly directory: string;
  private readonly clock: Clock;
  private readonly air: Air;
  private readonly memories = new Map<string, SlotMemory>();
  private readonly taken = new Map<string, { readonly place: Place; users: number }>();

  /** Flash content lies in `directory`. */
  constructor(directory: string, clock: Clock, air: Air) {
    this.directory = directory;
    this.clock = clock;
    this.air = air;
  }

  /**
   * Takes the place that a link names and lays its unit there, unless somebody has done so already. Throws
   * LINK_UNKNOWN for a link that is not virtual, DATA_DIR_UNUSABLE, PORT_BUSY while another process holds the unit.
   */
  take(link: Link, seat: Seat = 'wired'): Place {
    if (link.virtual == null)
      throw new BenchError('LINK_UNKNOWN', { message: `${link.text} is not a virtual link.` });
    const key = `${seat} ${link.text}`;
    const known = this.taken.get(key);
    if (known != null) {
      known.users += 1;
      return known.place;
    }
    const place = this.lay(link, link.virtual, seat);
    this.taken.set(key, { place, users: 1 });
    return place;
  }

  private lay(link: Link, virtual: VirtualLink, seat: Seat): Place {
    const found = findVirtualDevice(virtual.device);
    const device = seat === 'programmer' ? onProgrammer(found) : found;
    const memory: SlotMemory = this.memories.get(link.text) ?? {
      unit: virtual.unit,
      freshened: new Set(),
      struck: new Map(),
    };
    this.memories.set(link.text, memory);
    const slot = new Slot({
      device,
      clock: this.clock,
      hostBaud: undefined,
      paceBaud: virtual.paceBaud,
      state: virtual.state,
      wiring: virtual.wiring,
      faultsOf: (unit) => faultsOf(virtual, unit),
      lastUnit: virtual.jigUnits == null ? undefined : virtual.unit + virtual.jigUnits - 1,
      memory,
      air: this.air,
      storageOf: (unit) =>
        this.lockedFlashFile(
          device.sameUnitsAs ?? device.name,
          unit,
          virtual.fresh && !memory.freshened.has(unit),
          memory,
        ),
      heard: (bytes) => place.port?.heard(bytes),
      unplug: () => place.port?.lose(),
    });
    const place: Place = {
      slot,
      port: undefined,
      release: () => {
        const key = `${seat} ${link.text}`;
        const known = this.taken.get(key);
        if (known?.place !== place) return;
        known.users -= 1;
        if (known.users > 0) return;
        this.taken.delete(key);
        slot.close();
      },
    };
    return place;
  }

  private lockedFlashFile(device: string, unit: number, fresh: boolean, memory: SlotMemory) {
    const storage = lockedFlashFile(this.directory, this.clock, { device, unit, fresh });
    if (fresh) memory.freshened.add(unit);
    return storage;
  }
}

/** A unit that came by `swapped-unit` has no faults of its own. */
function faultsOf(virtual: VirtualLink, unit: number): readonly string[] {
  if (virtual.jigUnits != null) return virtual.unitFaults[unit] ?? [];
  return unit === virtual.unit ? virtual.faults : [];
}
