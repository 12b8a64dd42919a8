import type {
  VirtualAdvertisement,
  VirtualCentral,
  VirtualGattServer,
  VirtualPeripheral,
  VirtualService,
} from '../../../src/virtual/air/peripheral.ts';

/** A characteristic with a short UUID that begins with zeros, as Xiaomi's have, and one with a long UUID. */
export const CONTROL = { service: 'fe95', characteristic: '0010' };
export const VERSION = { service: 'fe95', characteristic: '0004' };
export const OTA = {
  service: '000102030405060708090a0b0c0d1912',
  characteristic: '000102030405060708090a0b0c0d2b12',
};

const SERVICES: readonly VirtualService[] = [
  {
    uuid: 'fe95',
    characteristics: [
      { uuid: '0004', properties: ['read'] },
      { uuid: '0010', properties: ['write', 'notify', 'read'] },
    ],
  },
  {
    uuid: OTA.service,
    characteristics: [{ uuid: OTA.characteristic, properties: ['read', 'writeWithoutResponse'] }],
  },
];

/** A peripheral that does what the test says. */
export class AirUnit implements VirtualPeripheral, VirtualGattServer {
  readonly address: string;
  rssiDbm = -60;
  paced = false;
  mtu: number | undefined = 247;
  intervalMs = 20;
  advertised: VirtualAdvertisement | undefined = {
    localName: 'ATC_001122',
    connectable: true,
    serviceUuids: ['0a1b', OTA.service],
    serviceData: [{ uuid: '181a', data: Uint8Array.of(1, 2, 3) }],
    intervalMs: 2000,
  };
  /** How often a connection is not answered before one is. */
  unanswered = 0;
  /** Drops the link when it is asked for its services, so many times. */
  dropsEarly = 0;
  /** What is never answered. */
  mute = false;
  version = new TextEncoder().encode('1.0.0_0130');
  written: { readonly characteristic: string; readonly bytes: Uint8Array; readonly acknowledged: boolean }[] =
    [];
  subscriptions: [string, boolean][] = [];
  centrals: VirtualCentral[] = [];
  accepted = 0;
  endedTimes = 0;
  onWrite: (bytes: Uint8Array) => void = () => {};
  onRead: () => void = () => {};

  constructor(number = 1) {
    this.address = `a4:c1:38:00:00:${number.toString(16).padStart(2, '0')}`;
  }

  get services(): readonly VirtualService[] {
    if (this.dropsEarly > 0) {
      this.dropsEarly -= 1;
      this.central.drop();
    }
    return SERVICES;
  }

  get central(): VirtualCentral {
    const central = this.centrals.at(-1);
    if (!central) throw new Error('Nobody is connected.');
    return central;
  }

  advertisement(): VirtualAdvertisement | undefined {
    return this.centrals.length > 0 ? undefined : this.advertised;
  }
  accept(central: VirtualCentral): VirtualGattServer | undefined {
    if (this.unanswered > 0) {
      this.unanswered -= 1;
      return undefined;
    }
    this.accepted += 1;
    this.centrals.push(central);
    return this;
  }
  async read(_service: string, characteristic: string): Promise<Uint8Array | undefined> {
    this.onRead();
    if (this.mute) return undefined;
    return characteristic === '0004' ? this.version : Uint8Array.of(0);
  }
  async write(
    _service: string,
    characteristic: string,
    bytes: Uint8Array,
    acknowledged: boolean,
  ): Promise<void> {
    this.written.push({ characteristic, bytes, acknowledged });
    this.onWrite(bytes);
    if (this.mute) await new Promise(() => {});
  }
  subscribed(_service: string, characteristic: string, on: boolean): void {
    this.subscriptions.push([characteristic, on]);
  }
  ended(): void {
    this.endedTimes += 1;
    this.centrals.pop();
  }
}
