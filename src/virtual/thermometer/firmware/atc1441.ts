import { SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import type { VirtualAdvertisement } from '../../air/peripheral.ts';
import type { ThermometerBody } from '../body.ts';
import type { Boot } from './boot.ts';
import { batteryService } from './device-information.ts';
import { EXCHANGE_MS, type Firmware, type GattSession } from './firmware.ts';
import { UUID, type Link, type Service } from './gatt.ts';
import { climateObject, plainBeacon } from './mi-beacon.ts';
import { atcBeacon } from './open-beacons.ts';
import { OtaServer } from './ota-server.ts';
import { measure } from './sensor.ts';

/** The reference does not say where this firmware keeps its settings; a sector that nothing else uses. */
const SETTINGS_OFFSET = 0x7_a000;
const SETTINGS_MARK = 0xa5;
/** Settings in the order they are kept. Offsets are signed tenths. */
const AT = { mark: 0, mi: 1, fahrenheit: 2, battery: 3, smiley: 4, interval: 5, temperature: 6, humidity: 7 };
const DEFAULTS = [SETTINGS_MARK, 0, 0, 1, 0, 6, 0, 0];
/** The interval setting counts steps of 10 s between new values. */
const INTERVAL_STEP_MS = 10_000;
/** How often it is on the air; the reference gives no number, ours. */
const ADVERTISING_MS = 4000;
const PACKET_GAP_MS = 30_000;
const PRODUCT_ID = 0x055b;

/** The first open firmware for this device: one format, commands of a single byte, the plain OTA. */
export class AtcFirmware implements Firmware {
  readonly title = 'atc1441';
  private readonly body: ThermometerBody;
  private readonly mac: Uint8Array;
  private readonly bank: number;
  private settings: Uint8Array;
  private count = 0;
  private countedAtMs = -Infinity;

  constructor(body: ThermometerBody, mac: Uint8Array, { bank }: Boot) {
    this.body = body;
    this.mac = mac;
    this.bank = bank;
    const stored = body.flash.read(SETTINGS_OFFSET, DEFAULTS.length);
    this.settings = Uint8Array.from(stored[AT.mark] === SETTINGS_MARK ? stored : DEFAULTS);
  }

  advertisement(): VirtualAdvertisement {
    const nowMs = this.body.clock.monotonicMs();
    if (nowMs - this.countedAtMs >= Math.max(1, this.settings[AT.interval]!) * INTERVAL_STEP_MS) {
      this.count += 1;
      this.countedAtMs = nowMs;
    }
    const reading = measure(this.body);
    const shown = {
      ...reading,
      centiCelsius: reading.centiCelsius + signed(this.settings[AT.temperature]!) * 10,
      centiHumidity: reading.centiHumidity + signed(this.settings[AT.humidity]!) * 100,
    };
    const sender = { mac: this.mac, productId: PRODUCT_ID };
    return {
      localName: `ATC_${Buffer.from(this.mac.subarray(3)).toString('hex').toUpperCase()}`,
      connectable: true,
      serviceUuids: [],
      serviceData: [
        this.settings[AT.mi]
          ? { uuid: UUID.mi, data: plainBeacon(sender, this.count, climateObject(shown)) }
          : { uuid: UUID.environment, data: atcBeacon(this.mac, shown, this.count) },
      ],
      intervalMs: ADVERTISING_MS,
    };
  }

  serve(link: Link): GattSession {
    const ota = new OtaServer(this.body, link, this.bank, {
      permitted: () => true,
      silentAboutCrc: false,
      accepts: () => true,
      packetGapMs: PACKET_GAP_MS,
    });
    return {
      exchangeMs: () => EXCHANGE_MS,
      services: [batteryService(() => measure(this.body)), ota.service(), this.commands()],
    };
  }

  private commands(): Service {
    return {
      uuid: UUID.commands,
      characteristics: [
        {
          uuid: UUID.command,
          properties: ['read', 'write', 'writeWithoutResponse', 'notify'],
          read: () => new Uint8Array(0),
          write: (bytes) => {
            if (bytes.length > 0) this.command(bytes[0]!, bytes[1] ?? 0);
          },
        },
      ],
    };
  }

  private command(id: number, value: number): void {
    const { settings } = this;
    switch (id) {
      case 0xdf:
        return this.save();
      case 0xde:
        this.settings = Uint8Array.from(DEFAULTS);
        return;
      case 0xae:
      case 0xaf:
        settings[AT.mi] = id & 1;
        return;
      case 0xff:
      case 0xcc:
        settings[AT.fahrenheit] = id === 0xff ? 1 : 0;
        return;
      case 0xb1:
      case 0xb0:
        settings[AT.battery] = id & 1;
        return;
      case 0xa0:
      case 0xa1:
      case 0xa2:
      case 0xa3:
      case 0xab:
        settings[AT.smiley] = id & 0x0f;
        return;
      case 0xfe:
        settings[AT.interval] = value;
        return;
      case 0xfa:
        settings[AT.temperature] = value;
        return;
      case 0xfb:
        settings[AT.humidity] = value;
        return;
    }
  }

  private save(): void {
    const { flash } = this.body;
    flash.unlock();
    flash.eraseSectors(SETTINGS_OFFSET / SECTOR_BYTES, 1);
    flash.program(SETTINGS_OFFSET, this.settings);
    flash.flush();
  }
}

const signed = (byte: number): number => (byte << 24) >> 24;
