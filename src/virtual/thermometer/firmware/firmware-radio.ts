import type {
  VirtualAdvertisement,
  VirtualCentral,
  VirtualGattServer,
  VirtualPeripheral,
} from '../../air/peripheral.ts';
import type { ThermometerBody } from '../body.ts';
import type { Firmware, GattSession } from './firmware.ts';
import type { Characteristic, Link } from './gatt.ts';

/** With `pace=`: how long a start takes until something is on the air, ms. */
const PACED_BOOT_MS = 1500;
const WEAK = { rssiDbm: -92, heardOneOf: 3, connectsOneOf: 3, exchangesUntilLost: 60 };

/** The radio of a unit while its firmware runs: advertises, takes one connection, and ends with the firmware. */
export class FirmwareRadio implements VirtualPeripheral {
  readonly address: string;
  /** Advertisements and exchanges take the time they say. */
  readonly paced: boolean;
  private readonly body: ThermometerBody;
  private readonly firmware: Firmware;
  private readonly restartChip: () => void;
  private readonly startedAtMs: number;
  private connection: Connection | undefined;
  private stopped = false;
  /** The link has fallen and the chip is about to restart. */
  private leaving = false;
  private events = 0;
  private attempts = 0;

  /** `restartChip` is called once, when the link has fallen. */
  constructor(body: ThermometerBody, address: string, firmware: Firmware, restartChip: () => void) {
    this.body = body;
    this.paced = body.paced;
    this.address = address;
    this.firmware = firmware;
    this.restartChip = restartChip;
    this.startedAtMs = body.clock.monotonicMs();
  }

  get rssiDbm(): number {
    // Nearer and farther places of the tray, and a little unrest.
    const unrest = (this.events * 7 + this.body.unit * 3) % 5;
    return (this.isWeak ? WEAK.rssiDbm : -44 - ((this.body.unit * 11) % 24)) - unrest;
  }

  get isConnected(): boolean {
    return this.connection != null;
  }

  advertisement(): VirtualAdvertisement | undefined {
    if (this.stopped || this.connection != null || !this.isUp) return undefined;
    this.events += 1;
    if (this.isWeak && this.events % WEAK.heardOneOf !== 0) return undefined;
    return this.firmware.advertisement();
  }

  accept(central: VirtualCentral): VirtualGattServer | undefined {
    if (this.stopped || this.connection != null || !this.isUp) return undefined;
    this.attempts += 1;
    const weak = this.isWeak;
    if (weak && this.attempts % WEAK.connectsOneOf !== 0) return undefined;
    const connection = new Connection(this.body, this.firmware, central, {
      exchangesUntilLost: weak ? WEAK.exchangesUntilLost : Infinity,
      ended: (restarts) => {
        if (this.connection !== connection) return;
        this.connection = undefined;
        if (restarts && !this.stopped) {
          this.leaving = true;
          this.body.clock.after(this.body.paced ? 500 : 0, () => this.restart());
        }
      },
    });
    this.connection = connection;
    return connection;
  }

  stop(): void {
    this.stopped = true;
    this.connection?.drop();
  }

  private restart(): void {
    if (!this.stopped) this.restartChip();
  }

  private get isUp(): boolean {
    if (this.leaving) return false;
    return !this.body.paced || this.body.clock.monotonicMs() - this.startedAtMs >= PACED_BOOT_MS;
  }

  private get isWeak(): boolean {
    return this.body.faults.has('weak-signal');
  }
}

interface ConnectionOptions {
  readonly exchangesUntilLost: number;
  /** Called once, when the link is gone. */
  ended(restarts: boolean): void;
}

class Connection implements VirtualGattServer {
  readonly services: VirtualGattServer['services'];
  mtu: number;
  private readonly body: ThermometerBody;
  private readonly options: ConnectionOptions;
  private readonly central: VirtualCentral;
  private readonly gone = new AbortController();
  private readonly characteristics = new Map<string, Characteristic>();
  private readonly session: GattSession;
  private restarts = false;
  private exchanges = 0;

  constructor(
    body: ThermometerBody,
    firmware: Firmware,
    central: VirtualCentral,
    options: ConnectionOptions,
  ) {
    this.body = body;
    this.central = central;
    this.options = options;
    this.session = firmware.serve(this.link());
    const { session } = this;
    this.services = session.services;
    this.mtu = session.mtu ?? 23;
    for (const service of session.services)
      for (const characteristic of service.characteristics)
        this.characteristics.set(`${service.uuid}/${characteristic.uuid}`, characteristic);
  }

  get intervalMs(): number {
    return this.session.exchangeMs();
  }

  async read(service: string, characteristic: string): Promise<Uint8Array | undefined> {
    const found = this.exchange(service, characteristic);
    return found?.properties.includes('read') ? found.read?.() : undefined;
  }

  async write(
    service: string,
    characteristic: string,
    bytes: Uint8Array,
    acknowledged: boolean,
  ): Promise<void> {
    const found = this.exchange(service, characteristic);
    // The stack of the device throws away what a characteristic does not list.
    if (!found?.properties.includes(acknowledged ? 'write' : 'writeWithoutResponse')) return;
    await found.write?.(Uint8Array.from(bytes));
  }

  subscribed(service: string, characteristic: string, on: boolean): void {
    const found = this.exchange(service, characteristic);
    if (found?.properties.includes('notify')) found.subscribed?.(on);
  }

  ended(): void {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    this.options.ended(this.restarts);
  }

  drop(): void {
    if (this.gone.signal.aborted) return;
    this.ended();
    this.central.drop();
  }

  private exchange(service: string, characteristic: string): Characteristic | undefined {
    if (this.gone.signal.aborted) return undefined;
    this.exchanges += 1;
    if (this.exchanges > this.options.exchangesUntilLost) {
      this.body.faults.strikes('weak-signal');
      this.body.faults.spend('weak-signal');
      this.drop();
      return undefined;
    }
    return this.characteristics.get(`${service}/${characteristic}`);
  }

  private link(): Link {
    const { signal } = this.gone;
    return {
      ended: signal,
      notify: (service, characteristic, bytes) => {
        if (!signal.aborted) this.central.notify(service, characteristic, bytes);
      },
      after: (ms, callback) => {
        if (signal.aborted) return () => {};
        const cancel = this.body.clock.after(ms, () => {
          signal.removeEventListener('abort', cancel);
          callback();
        });
        signal.addEventListener('abort', cancel, { once: true });
        return () => {
          signal.removeEventListener('abort', cancel);
          cancel();
        };
      },
      drop: () => this.drop(),
      restart: () => {
        this.restarts = true;
        this.drop();
      },
      restartWhenGone: () => {
        this.restarts = true;
      },
      requestMtu: (bytes) => {
        this.mtu = Math.max(this.mtu, bytes);
        this.central.mtuChanged?.();
      },
    };
  }
}
