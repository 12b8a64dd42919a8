import { randomBytes } from 'node:crypto';
import { FLASH_TIMES, SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import { joinBytes, u32 } from '../../bytes.ts';
import { FLASH_MAP, MI_KEY } from '../images/flash-map.ts';
import { UUID, type Link, type Service } from './gatt.ts';
import type { OtaServer } from './ota-server.ts';
import type { PvvxFirmware } from './pvvx.ts';
import { le16, le32 } from './sensor.ts';
import { SETTING } from './settings-store.ts';

const CHUNK_BYTES = 18;
const SMALLEST_MTU = 23;
const NAME_BYTES = 20;
const KEY_BYTES = 16;
/** What this firmware of this device can do: OTA to sensor (bits 0-7), reed switch, clock trim, triggers, Mi keys. */
const ABILITIES = 0x1_51ff;
const SENSOR = { shtc3: 1, sht4x: 2 };
const I2C_ADDRESS = { shtc3: 0x70 << 1, sht4x: 0x44 << 1, lcd: 0x3c << 1 };
/** 21 to 26 °C and 30 to 60 %. */
const DEFAULT_COMFORT = Uint8Array.of(...[2100, 2600, 3000, 6000].flatMap((value) => le16(value)));

const EXTENDED_OTA = { answer: { ok: 0, working: 1, started: 2, ready: 3, sector: 4, badParameter: 0xfe } };
const EXTENDED_KIB = { least: 4, below: 208 };

/** Commands on 0x1F1F: the id in the first byte, the answer as a notification with the same id. */
export class PvvxCommands {
  private readonly firmware: PvvxFirmware;
  private readonly link: Link;
  private readonly ota: OtaServer;
  private clearing = false;
  private stopMeasurements = () => {};

  constructor(firmware: PvvxFirmware, link: Link, ota: OtaServer) {
    this.firmware = firmware;
    this.link = link;
    this.ota = ota;
  }

  service(): Service {
    return {
      uuid: UUID.commands,
      characteristics: [
        {
          uuid: UUID.command,
          properties: ['read', 'writeWithoutResponse', 'notify'],
          read: () => new Uint8Array(0),
          write: (bytes) => {
            if (bytes.length > 0) this.command(bytes[0]!, bytes.subarray(1));
          },
        },
      ],
    };
  }

  private command(id: number, data: Uint8Array): void {
    switch (id) {
      case 0x00:
        return this.tellVersion();
      case 0x01:
        return this.name(data);
      case 0x02:
        return this.say(0x02, this.isShtc3 ? I2C_ADDRESS.shtc3 : I2C_ADDRESS.sht4x, I2C_ADDRESS.lcd);
      case 0x05:
        return this.say(0x05, ...le32(this.isShtc3 ? 0x0807 : 0x1044));
      case 0x06:
        return this.say(0x06, ...this.firmware.body.flash.jedecId);
      case 0x10:
        return this.mac(data);
      case 0x11:
        return this.miKey(0x11, MI_KEY.deviceId, 20, data);
      case 0x12:
        return this.miKey(0x12, MI_KEY.keys, 28, data);
      case 0x13:
        return this.chunks(0x13, this.firmware.records.find(MI_KEY.counter)?.data);
      case 0x14:
        return this.deletedKeys();
      case 0x15:
        return this.dumpKeys();
      case 0x16:
        return this.swapKeys();
      case 0x17:
        this.firmware.records.eraseAll();
        return this.say(0x17, 0);
      case 0x18:
        return this.bindKey(data);
      case 0x20:
        return this.comfort(data);
      case 0x23:
        return this.clock(data);
      case 0x33:
        return this.measurements(data[0] ?? 1);
      case 0x35:
        // No history is kept here: the end of the list comes at once.
        return this.say(0x35, 0, 0);
      case 0x36:
        return data[0] === 0x12 && data[1] === 0x34 ? this.say(0x36, 0) : undefined;
      case 0x55:
        return this.config(data.length > 0 && this.firmware.config.write(data));
      case 0x56:
        return this.config(this.firmware.config.restoreDefaults());
      case 0x70:
        return this.pinCode(data);
      case 0x71:
        return this.requestMtu(data[0] ?? 0);
      case 0x72:
        this.link.restartWhenGone();
        return this.say(0x72, 0);
      case 0x73:
        return this.extendedOta(data);
      case 0xdd:
        this.firmware.config.leaveLongRange();
        this.link.restartWhenGone();
        return this.say(0xdd, 0);
    }
  }

  private tellVersion(): void {
    const [major = 0, minor = 0] = this.firmware.version.split('.').map(Number);
    const sensor = this.isShtc3 ? SENSOR.shtc3 : SENSOR.sht4x;
    this.say(
      0x00,
      0,
      ...le16(this.firmware.hardwareId),
      ...le16((major << 4) | minor),
      ...le16(sensor),
      ...le32(ABILITIES),
    );
  }

  private get isShtc3(): boolean {
    return [0, 10].includes(this.firmware.hardwareId);
  }

  /** Above the smallest MTU it starts an exchange of its own. */
  private requestMtu(bytes: number): void {
    if (bytes <= SMALLEST_MTU) return this.say(0x71, 0xff);
    this.say(0x71, 0);
    this.link.requestMtu(bytes);
  }

  private name(data: Uint8Array): void {
    const { settings } = this.firmware;
    if (data.length > 0) {
      settings.put(SETTING.name, data[0] === 0 ? new Uint8Array(0) : data.slice(0, NAME_BYTES));
      this.link.restartWhenGone();
    }
    this.say(0x01, ...new TextEncoder().encode(this.firmware.name));
  }

  private mac(data: Uint8Array): void {
    const { flash } = this.firmware.body;
    const isMac = (data[0] === 6 || data[0] === 8) && data.length === data[0] + 1;
    if (isMac || (data.length === 1 && data[0] === 0)) {
      const fresh = isMac ? data.subarray(1) : joinBytes(randomBytes(3), Uint8Array.of(0x38, 0xc1, 0xa4));
      const sector = flash.read(FLASH_MAP.mac, SECTOR_BYTES).slice();
      sector.set(joinBytes(fresh, randomBytes(2)).subarray(0, 8));
      flash.eraseSectors(FLASH_MAP.mac / SECTOR_BYTES, 1);
      flash.program(FLASH_MAP.mac, sector);
      flash.flush();
      this.link.restartWhenGone();
    }
    this.say(0x10, 8, ...flash.read(FLASH_MAP.mac, 8));
  }

  /** Only a record that is there is written: after an erase of all keys nothing can be put back this way. */
  private miKey(id: number, record: number, length: number, data: Uint8Array): void {
    const { records } = this.firmware;
    const former = records.find(record);
    if (data.length === length && former?.data.length === length) records.replace(former, data);
    this.chunks(id, records.find(record)?.data);
  }

  private deletedKeys(): void {
    const deleted = this.firmware.records.list().filter(({ id }) => id === MI_KEY.deleted);
    for (const { data } of deleted) this.chunks(0x14, data);
    this.say(0x14, 0);
  }

  private dumpKeys(): void {
    const { records } = this.firmware;
    this.mac(new Uint8Array(0));
    this.chunks(0x11, records.find(MI_KEY.deviceId)?.data);
    this.chunks(0x12, records.find(MI_KEY.keys)?.data);
    this.chunks(0x13, records.find(MI_KEY.counter)?.data);
    this.deletedKeys();
  }

  private swapKeys(): void {
    const { records } = this.firmware;
    const current = records.find(MI_KEY.keys);
    const former = records
      .list()
      .findLast(({ id, data }) => id === MI_KEY.deleted && data.length === current?.data.length);
    if (current == null || former == null) return this.say(0x12, 0);
    records.replace(former, current.data);
    records.replace(current, former.data);
    this.chunks(0x12, former.data);
  }

  private bindKey(data: Uint8Array): void {
    const { settings } = this.firmware;
    if (data.length === KEY_BYTES) settings.put(SETTING.bindKey, data.slice());
    this.say(0x18, ...(settings.get(SETTING.bindKey) ?? [0xff]));
  }

  private comfort(data: Uint8Array): void {
    const { settings } = this.firmware;
    const comfort = (settings.get(SETTING.comfort) ?? DEFAULT_COMFORT).slice();
    comfort.set(data.subarray(0, comfort.length));
    if (data.length > 0) settings.put(SETTING.comfort, comfort);
    this.say(0x20, ...comfort);
  }

  private clock(data: Uint8Array): void {
    const realS = Math.floor(this.firmware.body.clock.now() / 1000);
    if (data.length >= 4) {
      const setToS = u32(data, 0);
      this.firmware.clock = { offsetS: setToS - realS, setToS };
    }
    const { offsetS, setToS } = this.firmware.clock;
    this.say(0x23, ...le32((realS + offsetS) >>> 0), ...le32(setToS));
  }

  /** `count` notifications at the pace of the measurements; FF goes on until the link ends. */
  private measurements(count: number): void {
    this.stopMeasurements();
    this.say(0x33, count);
    let left = count;
    const send = () => {
      const { centiCelsius, centiHumidity, batteryMv } = this.firmware.reading();
      const values = [batteryMv, centiCelsius, centiHumidity, this.firmware.measurements];
      this.say(0x33, ...values.flatMap((value) => le16(value)), 0);
      if (left !== 0xff) left -= 1;
      if (left > 0) this.stopMeasurements = this.link.after(this.measurementMs, send);
    };
    if (left > 0) send();
  }

  private get measurementMs(): number {
    const { config } = this.firmware;
    return config.intervalMs * config.advertisementsAMeasurement;
  }

  /** The answer has the version in front, which a write has not. */
  private config(restarts: boolean): void {
    if (restarts) this.link.restartWhenGone();
    const [major = 0, minor = 0] = this.firmware.version.split('.').map(Number);
    this.say(0x55, (major << 4) | minor, ...this.firmware.config.bytes);
  }

  private pinCode(data: Uint8Array): void {
    if (data.length < 4) return;
    const had = this.firmware.isPinSet;
    this.firmware.settings.put(SETTING.pinCode, data.slice(0, 4));
    if (had !== this.firmware.isPinSet) this.link.restartWhenGone();
    this.say(0x70, 1);
  }

  private extendedOta(data: Uint8Array): void {
    const { answer } = EXTENDED_OTA;
    const offset = data.length >= 8 ? u32(data, 0) : 0;
    const kib = data.length >= 8 ? u32(data, 4) : 0;
    const tell = (status: number) => this.say(0x73, status, ...le32(offset), ...le32(kib));
    if (this.clearing) return tell(answer.started);
    if (this.ota.isWorking) return tell(answer.working);
    if (offset < FLASH_MAP.bank3) return tell(answer.ok);
    if (kib < EXTENDED_KIB.least || kib >= EXTENDED_KIB.below || offset % SECTOR_BYTES !== 0)
      return tell(answer.badParameter);
    this.link.restartWhenGone();
    tell(answer.started);
    this.clearing = true;
    // Sizes go up to whole sectors, and that is the size it answers from then on.
    void this.clear(offset, Math.ceil(kib / 4) * 4);
  }

  private async clear(offset: number, kib: number): Promise<void> {
    const { flash, clock, paced } = this.firmware.body;
    const end = offset + kib * 1024;
    for (let at = offset; at < end; at += SECTOR_BYTES) {
      if (paced) await clock.sleep(FLASH_TIMES.sectorEraseMs);
      // Gone before all was clear: the next attempt begins anew.
      if (this.link.ended.aborted) return;
      flash.eraseSectors(at / SECTOR_BYTES, 1);
      this.say(0x73, EXTENDED_OTA.answer.sector, ...le32(at + SECTOR_BYTES), ...le32(kib));
    }
    flash.flush();
    this.clearing = false;
    this.ota.extendedTarget = { offset };
    this.say(0x73, EXTENDED_OTA.answer.ready, ...le32(offset), ...le32(kib));
  }

  /** `id, how much is left, up to 18 bytes`, as often as it takes; a length of 0 where there is nothing. */
  private chunks(id: number, data: Uint8Array | undefined): void {
    if (data == null || data.length === 0) return this.say(id, 0);
    for (let at = 0; at < data.length; at += CHUNK_BYTES)
      this.say(id, data.length - at, ...data.subarray(at, at + CHUNK_BYTES));
  }

  private say(...bytes: readonly number[]): void {
    this.link.notify(UUID.commands, UUID.command, Uint8Array.from(bytes));
  }
}
