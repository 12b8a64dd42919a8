import { EventEmitter } from 'node:events';
import type { Clock } from '../../core/clock.ts';
import { type AirLink, connectOverAir } from './air-link.ts';
import { AirScanner } from './advertising.ts';
import type { Air } from './air.ts';
import type { VirtualAdvertisement, VirtualPeripheral } from './peripheral.ts';

/** The MTU that noble asks for. */
const ASKED_MTU = 256;
/** The unit ended the link; HCI, Core, Vol 1, Part F, 1.3. */
const REMOTE_ENDED = 0x13;
const LOCAL_ENDED = 0x16;

/**
 * Bindings for @abandonware/noble (`with-bindings`) to a virtual air: noble's own API runs over virtual peripherals.
 * They behave like noble's own of Linux, its oddities included, so that the driver meets them on every machine:
 * short UUIDs come without leading zeros, an attempt while scanning is refused, attempts queue for the adapter, the
 * adapter holds so many links, and to end a link that is not there is a mistake (there it would hit handle 0).
 * Descriptors and bare handles do not exist on this air.
 */
export class VirtualNobleBindings extends EventEmitter {
  readonly #air: Air;
  readonly #clock: Clock;
  readonly #mostLinks: number;
  readonly #scanner: AirScanner;
  readonly #links = new Map<string, AirLink>();
  readonly #queue: string[] = [];
  #attempt: { readonly id: string; readonly abort: AbortController } | undefined;
  #isOn = true;
  #wanted: readonly string[] = [];

  constructor(air: Air, clock: Clock, { mostLinks }: { readonly mostLinks: number }) {
    super();
    this.#air = air;
    this.#clock = clock;
    this.#mostLinks = mostLinks;
    this.#scanner = new AirScanner(air, clock, (...heard) => this.#discovered(...heard));
  }

  init(): void {
    this.#tell('addressChange', 'c0:ff:ee:00:00:01');
    this.#tell('stateChange', 'poweredOn');
  }

  /** Switches the adapter off and on, as rfkill does: what was going on is never heard of again. */
  power(on: boolean): void {
    this.#isOn = on;
    if (!on) {
      this.#scanner.stop();
      this.#attempt?.abort.abort();
      this.#attempt = undefined;
      this.#queue.length = 0;
      for (const link of this.#links.values()) link.close();
      this.#links.clear();
    }
    this.#tell('stateChange', on ? 'poweredOn' : 'poweredOff');
  }

  setScanParameters(): void {
    this.#tell('scanParametersSet');
  }

  startScanning(serviceUuids: readonly string[] | undefined, allowDuplicates: boolean): void {
    if (!this.#isOn) return;
    this.#wanted = serviceUuids ?? [];
    this.#scanner.start();
    this.#tell('scanStart', !allowDuplicates);
  }

  stopScanning(): void {
    if (!this.#isOn) return;
    this.#scanner.stop();
    this.#tell('scanStop');
  }

  /** Another program takes the scan away. */
  stealScan(): void {
    this.#scanner.stop();
    this.#tell('scanStop');
  }

  connect(id: string): void {
    if (!this.#isOn) return;
    if (this.#attempt) this.#queue.push(id);
    else this.#try(id);
  }

  cancelConnect(id: string): void {
    const queued = this.#queue.indexOf(id);
    if (queued >= 0) this.#queue.splice(queued, 1);
    // Like noble's own, it hits whatever attempt is under way.
    this.#attempt?.abort.abort();
  }

  disconnect(id: string): void {
    if (!this.#isOn) return;
    const link = this.#links.get(id);
    if (!link) throw new Error(`There is no link to ${id}: another one would be ended.`);
    link.close();
    this.#ended(id, LOCAL_ENDED);
  }

  updateRssi(id: string): void {
    this.#tell('rssiUpdate', id, this.#links.get(id)?.peripheral.rssiDbm);
  }

  discoverServices(id: string, uuids: readonly string[] = []): void {
    this.#exchange(id, (link) => {
      const all = link.server.services.map(({ uuid }) => bare(uuid));
      this.emit(
        'servicesDiscover',
        id,
        uuids.length === 0 ? all : all.filter((uuid) => uuids.includes(uuid)),
      );
    });
  }

  discoverIncludedServices(id: string, service: string): void {
    this.#exchange(id, () => this.emit('includedServicesDiscover', id, service, []));
  }

  discoverCharacteristics(id: string, service: string, uuids: readonly string[] = []): void {
    this.#exchange(id, (link) => {
      const found = link.server.services.find(({ uuid }) => bare(uuid) === service);
      const all = (found?.characteristics ?? []).map(({ uuid, properties }) => ({
        uuid: bare(uuid),
        properties: [...properties],
      }));
      const asked = uuids.length === 0 ? all : all.filter(({ uuid }) => uuids.includes(uuid));
      this.emit('characteristicsDiscover', id, service, asked);
    });
  }

  discoverDescriptors(id: string, service: string, characteristic: string): void {
    this.#exchange(id, () => this.emit('descriptorsDiscover', id, service, characteristic, []));
  }

  read(id: string, service: string, characteristic: string): void {
    void this.#links
      .get(id)
      ?.read(whole(service), whole(characteristic))
      .then((bytes) => this.emit('read', id, service, characteristic, Buffer.from(bytes), false));
  }

  write(id: string, service: string, characteristic: string, data: Buffer, withoutResponse: boolean): void {
    const link = this.#links.get(id);
    if (!link) return;
    const written = link.write(whole(service), whole(characteristic), data, !withoutResponse);
    if (withoutResponse) this.emit('write', id, service, characteristic);
    else void written.then(() => this.emit('write', id, service, characteristic));
  }

  notify(id: string, service: string, characteristic: string, on: boolean): void {
    void this.#links
      .get(id)
      ?.subscribe(whole(service), whole(characteristic), on)
      .then(() => this.emit('notify', id, service, characteristic, on));
  }

  broadcast(id: string, service: string, characteristic: string, on: boolean): void {
    this.#exchange(id, () => this.emit('broadcast', id, service, characteristic, on));
  }

  /** Events come later than the call that leads to them, as from an adapter. */
  #tell(event: string, ...words: unknown[]): void {
    queueMicrotask(() => this.emit(event, ...words));
  }

  #exchange(id: string, work: (link: AirLink) => void): void {
    const link = this.#links.get(id);
    void link?.exchange(() => work(link));
  }

  #discovered(peripheral: VirtualPeripheral, advertisement: VirtualAdvertisement, rssiDbm: number): void {
    const serviceUuids = advertisement.serviceUuids.map(bare);
    const serviceData = advertisement.serviceData.map(({ uuid, data }) => ({
      uuid,
      data: Buffer.from(data),
    }));
    const all = [...serviceUuids, ...serviceData.map(({ uuid }) => bare(uuid))];
    if (this.#wanted.length > 0 && !all.some((uuid) => this.#wanted.includes(uuid))) return;
    this.emit(
      'discover',
      idOf(peripheral.address),
      peripheral.address,
      'public',
      advertisement.connectable,
      { localName: advertisement.localName, serviceUuids, serviceData },
      rssiDbm,
      true,
    );
  }

  #try(id: string): void {
    const refused = this.#refusal();
    if (refused) {
      this.#tell('connect', id, new Error(refused));
      this.#next();
      return;
    }
    const abort = new AbortController();
    const attempt = { id, abort };
    this.#attempt = attempt;
    const isCurrent = () => this.#attempt === attempt;
    connectOverAir(this.#air, addressOf(id), this.#clock, abort.signal).then(
      (link) => {
        if (!isCurrent()) return link.close();
        this.#attempt = undefined;
        this.#connected(id, link);
        this.#next();
      },
      () => {
        if (!isCurrent()) return;
        this.#attempt = undefined;
        this.emit('connect', id, new Error('Unknown Connection Identifier (0x2)'));
        this.#next();
      },
    );
  }

  #refusal(): string | undefined {
    if (this.#scanner.isOn) return 'Command Disallowed (0xc)';
    return this.#links.size >= this.#mostLinks ? 'Connection Limit Exceeded (0x9)' : undefined;
  }

  #next(): void {
    const id = this.#queue.shift();
    if (id !== undefined) this.#try(id);
  }

  #connected(id: string, link: AirLink): void {
    this.#links.set(id, link);
    link.events = {
      notified: (service, characteristic, bytes) =>
        this.emit('read', id, bare(service), bare(characteristic), Buffer.from(bytes), true),
      dropped: () => this.#ended(id, REMOTE_ENDED),
      mtuChanged: () => this.emit('onMtu', id, link.mtu(ASKED_MTU)),
    };
    this.emit('connect', id, null);
    void link.exchange(() => this.emit('onMtu', id, link.mtu(ASKED_MTU)));
  }

  #ended(id: string, reason: number): void {
    this.#links.delete(id);
    this.#tell('disconnect', id, reason);
  }
}

const idOf = (address: string) => address.replaceAll(':', '');
const addressOf = (id: string) => (id.match(/../g) ?? []).join(':');
/** A short UUID without its leading zeros, as noble on Linux has it. */
const bare = (uuid: string) => (uuid.length === 4 ? uuid.replace(/^0+(?=.)/, '') : uuid);
const whole = (uuid: string) => uuid.padStart(4, '0');
