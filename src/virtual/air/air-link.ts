import type { Clock } from '../../core/clock.ts';
import { eventIntervalMs } from './advertising.ts';
import type { Air } from './air.ts';
import type { VirtualCentral, VirtualGattServer, VirtualPeripheral } from './peripheral.ts';

/** What a radio of the air wants to know of its link. */
export interface AirLinkEvents {
  notified(service: string, characteristic: string, bytes: Uint8Array): void;
  /** The link is gone without `close`. */
  dropped(): void;
  mtuChanged?(): void;
}

const DEFAULT_MTU = 23;

/**
 * A connection over the air. Exchanges go one after another, as ATT has it: one that is never answered keeps all
 * later ones waiting. With pace, each takes the connection interval.
 */
export class AirLink implements VirtualCentral {
  readonly peripheral: VirtualPeripheral;
  events: AirLinkEvents | undefined;
  readonly #clock: Clock;
  readonly #subscribed = new Set<string>();
  readonly #leaveAir: () => void;
  #server: VirtualGattServer | undefined;
  #exchanges: Promise<unknown> = Promise.resolve();
  #notifications: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  private constructor(peripheral: VirtualPeripheral, air: Air, clock: Clock) {
    this.peripheral = peripheral;
    this.#clock = clock;
    // Taken off the air (its power went) it cannot say goodbye.
    this.#leaveAir = air.onChange(() => {
      if (!air.peripherals.has(peripheral)) this.drop();
    });
  }

  /** Undefined: the peripheral did not answer this time. */
  static open(peripheral: VirtualPeripheral, air: Air, clock: Clock): AirLink | undefined {
    const link = new AirLink(peripheral, air, clock);
    link.#server = peripheral.accept(link);
    if (link.#server && link.#isOpen) return link;
    link.#finish();
    return undefined;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get server(): VirtualGattServer {
    if (!this.#server) throw new Error('The peripheral has not accepted the connection.');
    return this.#server;
  }

  /** ATT MTU that a central gets which asks for `asked` bytes. */
  mtu(asked: number): number {
    return Math.min(asked, this.server.mtu ?? DEFAULT_MTU);
  }

  /** Makes an exchange in its turn. Hangs when the link goes, or the peripheral does not answer. */
  exchange<T>(work: (server: VirtualGattServer) => Promise<T> | T): Promise<T> {
    const mine = this.#exchanges.then(async () => {
      await this.#interval();
      const answer = await (this.#isOpen ? work(this.server) : never<T>());
      return this.#isOpen ? answer : never<T>();
    });
    // A peripheral that throws is a defect of the model: it shows as an unhandled rejection.
    this.#exchanges = mine;
    return mine;
  }

  read(service: string, characteristic: string): Promise<Uint8Array> {
    return this.exchange(async (server) => {
      const bytes = await server.read(service, characteristic);
      return bytes === undefined ? never() : Uint8Array.from(bytes);
    });
  }

  write(service: string, characteristic: string, bytes: Uint8Array, acknowledged: boolean): Promise<void> {
    const copy = Uint8Array.from(bytes);
    return this.exchange((server) => server.write(service, characteristic, copy, acknowledged));
  }

  subscribe(service: string, characteristic: string, on: boolean): Promise<void> {
    return this.exchange((server) => {
      const key = `${service}/${characteristic}`;
      if (on) this.#subscribed.add(key);
      else this.#subscribed.delete(key);
      server.subscribed(service, characteristic, on);
    });
  }

  notify(service: string, characteristic: string, bytes: Uint8Array): void {
    if (!this.#isOpen || !this.#subscribed.has(`${service}/${characteristic}`)) return;
    const copy = Uint8Array.from(bytes);
    this.#notifications = this.#notifications.then(async () => {
      await this.#interval();
      if (this.#isOpen) this.events?.notified(service, characteristic, copy);
    });
  }

  drop(): void {
    if (!this.#isOpen) return;
    this.#finish();
    this.events?.dropped();
  }

  mtuChanged(): void {
    if (this.#isOpen) this.events?.mtuChanged?.();
  }

  /** The central ends the link. Idempotent. */
  close(): void {
    if (this.#isOpen) this.#finish();
  }

  #finish(): void {
    this.#isOpen = false;
    this.#leaveAir();
    this.#server?.ended();
  }

  async #interval(): Promise<void> {
    if (this.peripheral.paced) await this.#clock.sleep(this.server.intervalMs);
  }
}

const never = <T>() => new Promise<T>(() => {});

/**
 * Connects as a controller does: at the next connectable advertisement of that address which is answered. Waits for
 * ever, or until the signal aborts (rejects with its reason).
 */
export async function connectOverAir(
  air: Air,
  address: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<AirLink> {
  for (;;) {
    const peripheral = [...air.peripherals].find((each) => each.address === address);
    const advertisement = peripheral?.advertisement();
    await clock.sleep(peripheral ? eventIntervalMs(peripheral, advertisement) : ABSENCE_MS, signal);
    if (!peripheral || !air.peripherals.has(peripheral)) continue;
    if (!peripheral.advertisement()?.connectable) continue;
    const link = AirLink.open(peripheral, air, clock);
    if (link) return link;
  }
}

/** How often is looked whether an address has come on the air, ms. */
const ABSENCE_MS = 100;
