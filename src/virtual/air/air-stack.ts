import type { Clock } from '../../core/clock.ts';
import type { CharacteristicRef, GattCharacteristic } from '../../drivers/ble/radio.ts';
import type { BleStack, LinkEvents, StackEvents, StackLink } from '../../drivers/ble/stack.ts';
import { AirScanner } from './advertising.ts';
import { type AirLink, connectOverAir } from './air-link.ts';
import type { Air } from './air.ts';

/** The MTU that this radio asks for. */
const ASKED_MTU = 256;

/** A Bluetooth stack straight on the virtual air, for machines where noble could not be installed. */
export class AirStack implements BleStack {
  readonly name: string;
  readonly maxConnections: number;
  readonly pausesScanToConnect = false;
  readonly offBecause = undefined;
  readonly #air: Air;
  readonly #clock: Clock;
  readonly #scanner: AirScanner;
  readonly #links = new Set<StackLink>();
  #events: StackEvents | undefined;

  constructor(
    air: Air,
    clock: Clock,
    { name, maxConnections }: { readonly name: string; readonly maxConnections: number },
  ) {
    this.#air = air;
    this.#clock = clock;
    this.name = name;
    this.maxConnections = maxConnections;
    this.#scanner = new AirScanner(air, clock, ({ address }, advertisement, rssiDbm) => {
      const { localName, connectable, serviceUuids, serviceData } = advertisement;
      this.#events?.heard({
        address,
        addressIsMac: true,
        rssiDbm,
        connectable,
        ...(localName !== undefined && { localName }),
        serviceUuids: [...serviceUuids],
        serviceData: serviceData.map(({ uuid, data }) => ({ uuid, data: Uint8Array.from(data) })),
        heardAtMs: clock.monotonicMs(),
      });
    });
  }

  tell(events: StackEvents): void {
    this.#events = events;
  }

  async startScan(): Promise<void> {
    this.#scanner.start();
  }

  async stopScan(): Promise<void> {
    this.#scanner.stop();
  }

  async open(address: string, signal: AbortSignal): Promise<StackLink> {
    const link = new AirStackLink(await connectOverAir(this.#air, address, this.#clock, signal), () =>
      this.#links.delete(link),
    );
    this.#links.add(link);
    return link;
  }

  async close(): Promise<void> {
    this.#scanner.stop();
    await Promise.all([...this.#links].map((link) => link.close()));
  }
}

class AirStackLink implements StackLink {
  readonly #link: AirLink;
  readonly #onEnd: () => void;

  constructor(link: AirLink, onEnd: () => void) {
    this.#link = link;
    this.#onEnd = onEnd;
  }

  get mtu(): number {
    return this.#link.mtu(ASKED_MTU);
  }

  tell(events: LinkEvents): void {
    const dropped = () => {
      this.#onEnd();
      events.lost('the unit ended it.');
    };
    this.#link.events = {
      notified: (service, characteristic, bytes) => events.notified({ service, characteristic }, bytes),
      dropped,
    };
    if (!this.#link.isOpen) dropped();
  }

  discover(): Promise<readonly GattCharacteristic[]> {
    return this.#link.exchange(({ services }) =>
      services.flatMap(({ uuid: service, characteristics }) =>
        characteristics.map(({ uuid: characteristic, properties }) => ({
          service,
          characteristic,
          canRead: properties.includes('read'),
          canWrite: properties.includes('write'),
          canWriteWithoutResponse: properties.includes('writeWithoutResponse'),
          canNotify: properties.includes('notify'),
        })),
      ),
    );
  }

  read({ service, characteristic }: CharacteristicRef): Promise<Uint8Array> {
    return this.#link.read(service, characteristic);
  }

  async write(
    { service, characteristic }: CharacteristicRef,
    bytes: Uint8Array,
    acknowledged: boolean,
  ): Promise<void> {
    const written = this.#link.write(service, characteristic, bytes, acknowledged);
    if (acknowledged) await written;
  }

  notify({ service, characteristic }: CharacteristicRef, on: boolean): Promise<void> {
    return this.#link.subscribe(service, characteristic, on);
  }

  async close(): Promise<void> {
    this.#link.close();
    this.#onEnd();
  }
}
