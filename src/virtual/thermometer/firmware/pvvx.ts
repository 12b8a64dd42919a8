import { randomBytes } from 'node:crypto';
import type { VirtualAdvertisement } from '../../air/peripheral.ts';
import type { ThermometerBody } from '../body.ts';
import { FLASH_MAP } from '../images/flash-map.ts';
import { unitIdentity, type HardwareRevision } from '../images/unit-identity.ts';
import type { Boot } from './boot.ts';
import { batteryService, deviceInformation, factoryStrings } from './device-information.ts';
import { EXCHANGE_MS, type Firmware, type GattSession } from './firmware.ts';
import { UUID, type Characteristic, type Link, type Service } from './gatt.ts';
import { batteryObject, climateObject, plainBeacon, sealedBeacon, singleObject } from './mi-beacon.ts';
import { MiRecords } from './mi-records.ts';
import {
  atcBeacon,
  bthomeBeacon,
  customBeacon,
  sealedAtcBeacon,
  sealedCustomBeacon,
} from './open-beacons.ts';
import { OtaServer } from './ota-server.ts';
import { PvvxCommands } from './pvvx-commands.ts';
import { ADVERTISING, PvvxConfig } from './pvvx-config.ts';
import { le16, measure, type Reading } from './sensor.ts';
import { SETTING, SettingsStore } from './settings-store.ts';

/** pvvx's number for a hardware revision, from the addresses of its display and sensor. */
const HARDWARE_IDS: Readonly<Record<HardwareRevision, number>> = {
  'B1.4': 0,
  'B1.5': 10,
  'B1.6': 4,
  'B1.7': 5,
  'B1.9': 3,
  'B2.0': 5,
};
/** What its names begin with and what its hardware id is, on the boards of sibling models. */
const SIBLINGS: Readonly<Record<string, { readonly prefix: string; readonly hardwareId: number }>> = {
  'MHO-C401': { prefix: 'MHO_', hardwareId: 1 },
  CGG1: { prefix: 'CGG_', hardwareId: 2 },
  MJWSD05MMC: { prefix: 'BTH_', hardwareId: 9 },
};
const LYWSD03MMC = 'LYWSD03MMC';
/** As Mi beacon it passes for the stock thermometer. */
const PRODUCT_ID = 0x055b;
/** app_enter_ota_mode: 16 s between packets. */
const PACKET_GAP_MS = 16_000;

/** The firmware of pvvx: open advertisements in four formats, commands on 0x1F1F, OTA for everybody. */
export class PvvxFirmware implements Firmware {
  readonly title: string;
  readonly version: string;
  readonly hardwareId: number;
  readonly records: MiRecords;
  readonly settings: SettingsStore;
  readonly config: PvvxConfig;
  /** Seconds that the clock of the device is ahead of real time, and when it was last set. */
  clock = { offsetS: 0, setToS: 0 };
  /** Measurements since the start. */
  measurements = 0;
  readonly body: ThermometerBody;
  private readonly mac: Uint8Array;
  private readonly bank: number;
  private readonly model: string;
  private readonly prefix: string;
  private readonly revision: string;
  private eventsSinceMeasurement = 0;
  private events = 0;

  constructor(body: ThermometerBody, mac: Uint8Array, { bank, image }: Boot, batteryWasOut: boolean) {
    this.body = body;
    this.mac = mac;
    this.bank = bank;
    this.version = image.version ?? '0.0';
    this.model = image.model ?? LYWSD03MMC;
    this.title = `pvvx ${this.version}${this.model === LYWSD03MMC ? '' : ` for ${this.model}`}`;
    // Its first act; other firmware unlocks when it has something to write.
    body.flash.unlock();
    this.revision = unitIdentity(body.unit).revision;
    const sibling = SIBLINGS[this.model];
    this.prefix = sibling?.prefix ?? 'ATC_';
    this.hardwareId = sibling?.hardwareId ?? HARDWARE_IDS[this.revision as HardwareRevision];
    this.records = new MiRecords(body.flash);
    this.settings = new SettingsStore(body.flash);
    this.config = new PvvxConfig(this.settings, this.hardwareId);
    if (batteryWasOut && this.config.longRange) this.config.leaveLongRange();
    if (this.settings.get(SETTING.bindKey) == null)
      this.settings.put(SETTING.bindKey, Uint8Array.from(randomBytes(16)));
    this.keepHardwareString();
  }

  get name(): string {
    const given = this.settings.get(SETTING.name);
    if (given != null) return new TextDecoder().decode(given);
    return this.prefix + Buffer.from(this.mac.subarray(3)).toString('hex').toUpperCase();
  }

  get isPinSet(): boolean {
    return this.settings.get(SETTING.pinCode)?.some((byte) => byte !== 0) ?? false;
  }

  reading(): Reading {
    return measure(this.body);
  }

  advertisement(): VirtualAdvertisement | undefined {
    if (this.config.longRange) return undefined;
    this.events += 1;
    this.eventsSinceMeasurement += 1;
    if (this.eventsSinceMeasurement >= this.config.advertisementsAMeasurement || this.measurements === 0) {
      this.eventsSinceMeasurement = 0;
      this.measurements += 1;
    }
    return {
      localName: this.name,
      connectable: true,
      serviceUuids: [],
      serviceData: [this.serviceData()],
      intervalMs: this.config.intervalMs,
    };
  }

  serve(link: Link): GattSession {
    const ota = new OtaServer(this.body, link, this.bank, {
      permitted: () => true,
      silentAboutCrc: false,
      accepts: () => true,
      packetGapMs: PACKET_GAP_MS,
    });
    const commands = new PvvxCommands(this, link, ota);
    const factory = factoryStrings(this.body);
    const services = [
      deviceInformation({
        model: this.model,
        serial: factory?.serial ?? 'F1.0-CFMK-LB-ZCXTJ--',
        firmware: 'github.com/pvvx',
        hardware: this.revision,
        software: `V${this.version}`,
      }),
      batteryService(() => this.reading()),
      this.environment(link),
      ota.service(),
      commands.service(),
      { uuid: UUID.mi, characteristics: [] },
    ];
    return {
      exchangeMs: () => EXCHANGE_MS,
      services: this.isPinSet ? services.map(lockedUntilPaired) : services,
    };
  }

  private serviceData(): { readonly uuid: string; readonly data: Uint8Array } {
    const reading = this.reading();
    const count = this.measurements;
    const key = this.config.encrypted ? this.settings.get(SETTING.bindKey) : undefined;
    const sender = { mac: this.mac, productId: PRODUCT_ID };
    switch (this.config.advertisingType) {
      case ADVERTISING.atc:
        return {
          uuid: UUID.environment,
          data: key ? sealedAtcBeacon(this.mac, reading, count, key) : atcBeacon(this.mac, reading, count),
        };
      case ADVERTISING.custom:
        return {
          uuid: UUID.environment,
          data: key
            ? sealedCustomBeacon(this.mac, reading, count, key)
            : customBeacon(this.mac, reading, count),
        };
      case ADVERTISING.mi: {
        const object = this.eventsSinceMeasurement === 0 ? batteryObject(reading) : climateObject(reading);
        return {
          uuid: UUID.mi,
          data: key
            ? sealedBeacon(sender, count, singleObject(reading, count), key, { bound: false })
            : plainBeacon(sender, count, object),
        };
      }
      default: {
        const part = this.events % 2 === 1 ? 'values' : 'voltage';
        return { uuid: UUID.bthome, data: bthomeBeacon(this.mac, reading, count, part, key) };
      }
    }
  }

  /** It saves the factory's string where extended OTA does not erase it. */
  private keepHardwareString(): void {
    const { flash } = this.body;
    const copy = flash.read(FLASH_MAP.hardwareStringCopy, 4);
    const original = flash.read(FLASH_MAP.hardwareString, FLASH_MAP.hardwareStringBytes);
    if (copy.some((byte) => byte !== 0xff) || original[2] !== 0x2e) return;
    flash.program(FLASH_MAP.hardwareStringCopy, original.slice());
    flash.flush();
  }

  private environment(link: Link): Service {
    const value = (uuid: string, bytes: () => Uint8Array): Characteristic => ({
      uuid,
      properties: ['read', 'notify'],
      read: bytes,
      subscribed: (on) => {
        if (on) link.notify(UUID.environment, uuid, bytes());
      },
    });
    return {
      uuid: UUID.environment,
      characteristics: [
        value('2a1f', () => Uint8Array.of(...le16(Math.round(this.reading().centiCelsius / 10)))),
        value('2a6e', () => Uint8Array.of(...le16(this.reading().centiCelsius))),
        value('2a6f', () => Uint8Array.of(...le16(this.reading().centiHumidity))),
      ],
    };
  }
}

/** With a PIN nothing is read or written before pairing, which no adapter of a bench does here. */
function lockedUntilPaired(service: Service): Service {
  return {
    uuid: service.uuid,
    characteristics: service.characteristics.map(({ uuid, properties }) => ({ uuid, properties })),
  };
}
