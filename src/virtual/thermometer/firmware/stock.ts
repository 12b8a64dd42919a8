import type { VirtualAdvertisement } from '../../air/peripheral.ts';
import { u32 } from '../../bytes.ts';
import type { ThermometerBody } from '../body.ts';
import type { Boot } from './boot.ts';
import { deviceInformation, factoryStrings } from './device-information.ts';
import { EXCHANGE_MS, type Firmware, type GattSession } from './firmware.ts';
import { stockUuid, UUID, type Link, type Service } from './gatt.ts';
import { MiAuth } from './mi-auth.ts';
import { idleBeacon, sealedBeacon, singleObject, type MiBeaconSender } from './mi-beacon.ts';
import { MiRecords } from './mi-records.ts';
import { OtaServer, type OtaPolicy } from './ota-server.ts';
import { le16, le32, measure } from './sensor.ts';

const PRODUCT_IDS: Readonly<Record<string, number>> = {
  LYWSD03MMC: 0x055b,
  'MHO-C401': 0x0387,
  CGG1: 0x0347,
  MJWSD05MMC: 0x2832,
};
/** A bound unit sends a value in one of so many advertisements, and else that it is there. */
const VALUE_EVERY = 3;
const ADVERTISING_MS = 2100;
const MEASUREMENT_MS = 6000;
/** Time of one exchange before the speed request `1E0000`, ms; ours. */
const IDLE_EXCHANGE_MS = 50;
const SPEED_REQUEST = 0x1e;
/** Upload without a sign of life: the reference gives none for stock firmware; ours. */
const PACKET_GAP_MS = 30_000;
const LARGE_MTU = 64;

/** Xiaomi's own firmware: Mi service, one measurement service, OTA for whoever is logged in. */
export class StockFirmware implements Firmware {
  readonly title: string;
  private readonly body: ThermometerBody;
  private readonly bank: number;
  private readonly version: string;
  private readonly model: string;
  private readonly sender: MiBeaconSender;
  private readonly records: MiRecords;
  private counter: number;

  constructor(body: ThermometerBody, mac: Uint8Array, { bank, image }: Boot) {
    this.body = body;
    this.bank = bank;
    this.version = image.version ?? '1.0.0_0000';
    this.model = image.model ?? 'LYWSD03MMC';
    this.title = `stock ${this.version}${this.model === 'LYWSD03MMC' ? '' : ` for ${this.model}`}`;
    this.sender = { mac, productId: PRODUCT_IDS[this.model] ?? 0x055b };
    this.records = new MiRecords(body.flash);
    this.counter = body.unit * 17;
  }

  /** 2.x: registration signed by the maker's server, and images signed by the maker. */
  private get isSecond(): boolean {
    return this.version.startsWith('2.');
  }

  advertisement(): VirtualAdvertisement {
    this.counter += 1;
    const { keys } = this.records;
    const data =
      keys != null && this.counter % VALUE_EVERY === 0
        ? sealedBeacon(
            this.sender,
            this.counter,
            singleObject(measure(this.body), this.counter / VALUE_EVERY),
            keys.bindKey,
            { bound: true },
          )
        : idleBeacon(this.sender, this.counter, keys != null);
    return {
      localName: this.model,
      connectable: true,
      serviceUuids: [],
      serviceData: [{ uuid: UUID.mi, data }],
      intervalMs: ADVERTISING_MS,
    };
  }

  serve(link: Link): GattSession {
    let exchangeMs = IDLE_EXCHANGE_MS;
    const auth = new MiAuth({
      link,
      records: this.records,
      faults: this.body.faults,
      libraryVersion: this.version,
      serverSigned: this.isSecond,
    });
    const ota = new OtaServer(this.body, link, this.bank, this.otaPolicy(auth));
    const factory = factoryStrings(this.body);
    return {
      mtu: this.isSecond ? LARGE_MTU : undefined,
      exchangeMs: () => exchangeMs,
      services: [
        deviceInformation({
          model: this.model,
          serial: factory?.serial ?? '',
          firmware: this.version,
          hardware: factory?.revision ?? '0000',
          software: this.version.slice(-4),
        }),
        auth.service(),
        ota.service(),
        this.ownService(link, () => (exchangeMs = EXCHANGE_MS)),
      ],
    };
  }

  private otaPolicy(auth: MiAuth): OtaPolicy {
    return {
      permitted: () => auth.trusted,
      silentAboutCrc: true,
      // What is signed cannot be checked here: only the maker's own image with its trailer passes for signed.
      accepts: (image) => !this.isSecond || (image.signed && image.family === 'stock'),
      packetGapMs: PACKET_GAP_MS,
    };
  }

  private ownService(link: Link, speedUp: () => void): Service {
    const { body } = this;
    let cancel = () => {};
    const measurement = () => {
      const { centiCelsius, centiHumidity, batteryMv } = measure(body);
      return Uint8Array.of(...le16(centiCelsius), Math.round(centiHumidity / 100), ...le16(batteryMv));
    };
    const send = () => {
      link.notify(UUID.stock, stockUuid('c1'), measurement());
      cancel = link.after(MEASUREMENT_MS, send);
    };
    let clockOffsetS = 0;
    const nowS = () => Math.floor(body.clock.now() / 1000);
    return {
      uuid: UUID.stock,
      characteristics: [
        {
          uuid: stockUuid('b7'),
          properties: ['read', 'write'],
          read: () => Uint8Array.of(...le32((nowS() + clockOffsetS) >>> 0), 0),
          write: (bytes) => {
            if (bytes.length >= 4) clockOffsetS = u32(bytes, 0) - nowS();
          },
        },
        {
          uuid: stockUuid('c1'),
          properties: ['read', 'notify'],
          read: measurement,
          subscribed: (on) => {
            cancel();
            if (on) send();
          },
        },
        {
          uuid: stockUuid('c4'),
          properties: ['read'],
          read: () => Uint8Array.of(measure(body).batteryPercent),
        },
        {
          uuid: stockUuid('d8'),
          properties: ['read', 'write', 'writeWithoutResponse'],
          read: () => Uint8Array.of(0, 0, 0),
          write: (bytes) => {
            if (bytes[0] === SPEED_REQUEST) speedUp();
          },
        },
      ],
    };
  }
}
