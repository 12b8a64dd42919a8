import { latin1, putU32, textOf, u16, u32 } from '../../bytes.ts';
import { macTail } from '../mac-text.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import type { TasmotaBuild } from './build.ts';
import {
  AT,
  HOLDER,
  isWhole,
  LASTING_SLOT,
  nextSlot,
  obfuscated,
  OLD_PLACES,
  optionPlace,
  seal,
  SECTOR_BYTES,
  SETTINGS_BYTES,
  TEXT_COUNT,
  TEXT_INDEX,
  TEXT_POOL_SINCE,
  TEXTS_BYTES,
  TURN_SLOTS,
  type SettingsText,
} from './settings-layout.ts';

/** What Reset keeps, by its number: 4 and 5 Wi-Fi, 6 also MQTT. */
const KEPT_BY_RESET: Readonly<Record<number, readonly SettingsText[]>> = {
  4: ['SSId1', 'SSId2', 'Password1', 'Password2'],
  5: ['SSId1', 'SSId2', 'Password1', 'Password2'],
  6: ['SSId1', 'SSId2', 'Password1', 'Password2', 'MqttHost', 'MqttUser', 'MqttPassword', 'Topic'],
};

/** What they need of the plug. */
export type SettingsPlug = Pick<RunningPlug, 'chip' | 'flash' | 'write' | 'settle' | 'log'>;

/** The settings of a unit as they lie in flash, and as `/dl` gives them. */
export class TasmotaSettings {
  private readonly plug: SettingsPlug;
  private readonly build: TasmotaBuild;
  private bytes: Uint8Array;
  private slot: number;
  /** During an update only the lasting slot is used. */
  private isPinned = false;

  private constructor(plug: SettingsPlug, build: TasmotaBuild, bytes: Uint8Array, slot: number) {
    this.plug = plug;
    this.build = build;
    this.bytes = bytes;
    this.slot = slot;
  }

  /** The newest whole copy in flash; defaults where there is none, or where it comes from a version too new to read. */
  static load(plug: SettingsPlug, build: TasmotaBuild): TasmotaSettings {
    let newest: { readonly bytes: Uint8Array; readonly slot: number } | undefined;
    for (const slot of [LASTING_SLOT, ...TURN_SLOTS]) {
      const bytes = plug.flash.slice(slot, slot + SETTINGS_BYTES);
      if (!isWhole(bytes)) continue;
      if (newest == null || u32(bytes, AT.saveCount) > u32(newest.bytes, AT.saveCount))
        newest = { bytes, slot };
    }
    const settings = new TasmotaSettings(plug, build, new Uint8Array(SETTINGS_BYTES), LASTING_SLOT);
    settings.setDefaults();
    if (newest != null) settings.adopt(newest.bytes, newest.slot);
    return settings;
  }

  get bootCount(): number {
    return u16(this.bytes, AT.bootCount);
  }

  set bootCount(count: number) {
    this.putU16(AT.bootCount, count);
  }

  get saveCount(): number {
    return u32(this.bytes, AT.saveCount);
  }

  get slotOffset(): number {
    return this.slot;
  }

  get power(): boolean {
    return this.bytes[AT.power] === 1;
  }

  set power(on: boolean) {
    this.bytes[AT.power] = on ? 1 : 0;
  }

  /** 0 is the template of the user. */
  get module(): number {
    return this.bytes[AT.module]!;
  }

  set module(number: number) {
    this.bytes[AT.module] = number;
  }

  get template(): { readonly gpios: readonly number[]; readonly flag: number; readonly base: number } {
    const words = Array.from({ length: 15 }, (_, index) => u16(this.bytes, AT.gpios + index * 2));
    return { gpios: words.slice(0, 14), flag: words[14]!, base: this.bytes[AT.templateBase]! };
  }

  set template({ gpios, flag, base }: { gpios: readonly number[]; flag: number; base: number }) {
    for (let index = 0; index < 14; index++) this.putU16(AT.gpios + index * 2, gpios[index] ?? 0);
    this.putU16(AT.gpios + 28, flag);
    this.bytes[AT.templateBase] = base;
  }

  text(name: SettingsText): string {
    const place = OLD_PLACES[name];
    if (this.isOld) return place == null ? '' : textOf(this.bytes.subarray(place[0], place[0] + place[1]));
    return this.texts()[TEXT_INDEX[name]] ?? '';
  }

  /** What does not fit any more is not taken, as on the device. */
  setText(name: SettingsText, value: string): void {
    if (this.isOld) {
      const place = OLD_PLACES[name];
      if (place == null) return;
      this.bytes.fill(0, place[0], place[0] + place[1]);
      this.bytes.set(latin1(value).subarray(0, place[1] - 1), place[0]);
      return;
    }
    const texts = this.texts();
    texts[TEXT_INDEX[name]] = value;
    const pool = latin1(`${texts.join('\0')}\0`);
    if (pool.length > TEXTS_BYTES) return;
    this.bytes.fill(0, AT.texts, AT.texts + TEXTS_BYTES);
    this.bytes.set(pool, AT.texts);
  }

  /** SetOption0 to 145; 32 to 49 are numbers, the others 0 or 1. Undefined for one that does not exist. */
  option(index: number): number | undefined {
    const place = optionPlace(index);
    if (place == null) return undefined;
    const [at, bit] = place;
    return bit == null ? this.bytes[at]! : (u32(this.bytes, at) >>> bit) & 1;
  }

  setOption(index: number, value: number): void {
    const place = optionPlace(index);
    if (place == null) return;
    const [at, bit] = place;
    if (bit == null) this.bytes[at] = value;
    else putU32(this.bytes, at, (u32(this.bytes, at) & ~(1 << bit)) | ((value & 1) << bit));
  }

  /** An update begins: from now on only the slot is used that nothing is staged over. */
  async pin(): Promise<void> {
    this.isPinned = true;
    await this.save();
  }

  unpin(): void {
    this.isPinned = false;
  }

  /** Into the next slot. A minimal build has no code for it. */
  async save(): Promise<void> {
    if (this.build.isMinimal) return;
    this.slot = this.isPinned || this.option(12) === 1 ? LASTING_SLOT : nextSlot(this.slot);
    putU32(this.bytes, AT.saveCount, this.saveCount + 1);
    await this.plug.write(this.slot, this.sealed());
    this.plug.settle();
  }

  /** A copy as it lies in a slot. */
  sealed(): Uint8Array {
    seal(this.bytes);
    return this.bytes.slice();
  }

  /** All slots; `kind` is the number of the Reset command. What that keeps is saved anew. */
  async reset(kind: number): Promise<void> {
    const kept = (KEPT_BY_RESET[kind] ?? []).map((name) => [name, this.text(name)] as const);
    for (const slot of [LASTING_SLOT, ...TURN_SLOTS])
      await this.plug.write(slot, new Uint8Array(SECTOR_BYTES).fill(0xff));
    this.bytes = new Uint8Array(SETTINGS_BYTES);
    this.slot = LASTING_SLOT;
    this.setDefaults();
    for (const [name, value] of kept) this.setText(name, value);
    if (kept.length > 0) await this.save();
    this.plug.settle();
  }

  /** The backup that `/dl` sends: the settings, made unreadable from the third byte on (reference section 5.6). */
  backup(): Uint8Array {
    return obfuscated(this.sealed());
  }

  /** False where the file is no backup for this chip. The first 16 bytes stay those of the unit. */
  restore(file: Uint8Array): boolean {
    if (file.length !== SETTINGS_BYTES) return false;
    const bytes = obfuscated(file);
    if (!isWhole(bytes) || bytes[AT.chipFamily] !== 0) return false;
    bytes.set(this.bytes.subarray(0, 16));
    putU32(bytes, AT.version, u32(obfuscated(file), AT.version));
    this.adopt(bytes, this.slot);
    return true;
  }

  private get isOld(): boolean {
    return this.build.word < TEXT_POOL_SINCE;
  }

  private adopt(bytes: Uint8Array, slot: number): void {
    const writtenBy = u32(bytes, AT.version);
    // The way back over version 8 loses the texts: an old build looks for them in places where there are none.
    if (this.isOld && writtenBy >= TEXT_POOL_SINCE) {
      this.plug.log('its settings are of a newer version that it cannot read: it starts with defaults');
      return;
    }
    const old = !this.isOld && writtenBy < TEXT_POOL_SINCE ? bytes : undefined;
    const defaults = this.texts();
    this.bytes = bytes;
    this.slot = slot;
    if (old != null) {
      const places = Object.entries(OLD_PLACES).map(
        ([name, [at, length]]) => [name as SettingsText, textOf(old.slice(at, at + length))] as const,
      );
      this.bytes.fill(0, AT.texts, AT.texts + TEXTS_BYTES);
      this.bytes.set(latin1(`${defaults.join('\0')}\0`), AT.texts);
      for (const [name, value] of places) this.setText(name, value);
      this.setOption(128, this.build.refererByDefault ? 0 : 1);
    }
    putU32(this.bytes, AT.version, this.build.word);
  }

  private setDefaults(): void {
    const { build, plug } = this;
    this.putU16(AT.holder, HOLDER);
    this.putU16(AT.size, SETTINGS_BYTES);
    putU32(this.bytes, AT.version, build.word);
    this.setText('OtaUrl', build.otaUrl);
    this.setText('Prefix1', 'cmnd');
    this.setText('Prefix2', 'stat');
    this.setText('Prefix3', 'tele');
    this.setText('Hostname', '%s-%04d');
    this.setText('Topic', `tasmota_${macTail(plug.chip.mac)}`);
    this.setText('FullTopic', '%prefix%/%topic%/');
    this.setText('GroupTopic1', 'tasmotas');
    this.setText('MqttClient', `DVES_${macTail(plug.chip.mac)}`);
    this.setText('MqttUser', 'DVES_USER');
    this.setText('FriendlyName1', 'Tasmota');
    this.setText('DeviceName', 'Tasmota');
    this.module = 1;
    this.setOption(128, build.refererByDefault ? 0 : 1);
  }

  private texts(): string[] {
    const pool = Buffer.from(this.bytes.subarray(AT.texts, AT.texts + TEXTS_BYTES)).toString('latin1');
    const texts = pool.split('\0', TEXT_COUNT);
    return Array.from({ length: TEXT_COUNT }, (_, index) => texts[index] ?? '');
  }

  private putU16(at: number, value: number): void {
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
  }
}
