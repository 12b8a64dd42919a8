import { joinBytes, u16, u32, words } from '../../bytes.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import { SETTINGS, SETTINGS_REGION_BYTES } from './layout.ts';

/** Names of the settings, as they lie in flash (HAA/common/common_headers.h; `ota_sever` is spelled so there). */
export const KEY = {
  setupMode: 'setup',
  ssid: 'wifi_ssid',
  password: 'wifi_password',
  bssid: 'wifi_bssid',
  wifiMode: 'wifi_mode',
  apEnabled: 'wifi_ap',
  apPassword: 'wifi_ap_pass',
  server: 'ota_sever',
  port: 'ota_port',
  ssl: 'ota_sec',
  mainVersion: 'ota_version',
  installerVersion: 'ota_repo',
  script: 'haa_conf',
  configNumber: 'hkcf',
} as const;

export type SettingKey = (typeof KEY)[keyof typeof KEY];

export type SettingValue = string | number | Uint8Array;

interface Entry {
  readonly binary: boolean;
  readonly value: Uint8Array;
}

/** "EORp", as esp-open-rtos marks its parameter regions (core/sysparam.c there). */
const MAGIC = 0x7052_4f45;
const HEADER_BYTES = 8;
const ENTRY_HEADER_BYTES = 4;
const REGION_SECTORS = 4;
const REGION = { second: 0x8000, active: 0x4000 } as const;
const ENTRY = { alive: 0x8000, invalid: 0x4000, value: 0x2000, binary: 0x1000, id: 0x0fff } as const;

/** The settings area of HAA in the flash of one plug. Each change writes the other region whole, as a compaction does. */
export class Settings {
  private readonly plug: Pick<RunningPlug, 'flash' | 'write'>;
  private readonly entries: Map<string, Entry>;

  constructor(plug: Pick<RunningPlug, 'flash' | 'write'>) {
    this.plug = plug;
    this.entries = readEntries(plug.flash);
  }

  text(key: SettingKey): string | undefined {
    const value = this.entries.get(key)?.value;
    return value == null ? undefined : Buffer.from(value).toString('utf8');
  }

  number(key: SettingKey): number | undefined {
    const value = this.entries.get(key)?.value;
    if (value == null) return undefined;
    return value.length === 1 ? (value[0]! << 24) >> 24 : u32(value, 0) | 0;
  }

  /** Undefined erases; of several values all or none arrive. False where they do not fit (then nothing changes). */
  async set(values: Partial<Record<SettingKey, SettingValue | undefined>>): Promise<boolean> {
    const next = new Map(this.entries);
    for (const [key, value] of Object.entries(values))
      if (value == null) next.delete(key);
      else next.set(key, entryOf(value));
    return this.write(next);
  }

  /** Everything is forgotten but what is given. */
  async reset(keep: readonly SettingKey[] = []): Promise<void> {
    await this.write(new Map([...this.entries].filter(([key]) => keep.some((kept) => kept === key))));
  }

  private async write(next: Map<string, Entry>): Promise<boolean> {
    const bytes = regionBytes(next);
    if (bytes == null) return false;
    this.entries.clear();
    for (const [key, entry] of next) this.entries.set(key, entry);
    const active = activeRegion(this.plug.flash);
    const other = active === 0 ? 1 : 0;
    await this.plug.write(regionAt(other), withHeader(bytes, other, true));
    if (active != null) await this.plug.write(regionAt(active), regionHeader(active, false));
    return true;
  }
}

/** Settings as they lie in the flash of a unit that is made with them. */
export function settingsArea(values: Partial<Record<SettingKey, SettingValue>>): Uint8Array {
  const area = new Uint8Array(2 * SETTINGS_REGION_BYTES).fill(0xff);
  const bytes = regionBytes(new Map(Object.entries(values).map(([key, value]) => [key, entryOf(value)])));
  if (bytes == null) throw new RangeError('settings do not fit');
  area.set(withHeader(bytes, 0, true));
  area.set(regionHeader(1, false), SETTINGS_REGION_BYTES);
  return area;
}

const regionAt = (region: 0 | 1): number => SETTINGS + region * SETTINGS_REGION_BYTES;

/** A small number is one byte (int8), a larger one four (int32). */
function entryOf(value: SettingValue): Entry {
  if (typeof value === 'string') return { binary: false, value: new Uint8Array(Buffer.from(value)) };
  if (typeof value !== 'number') return { binary: true, value };
  const small = value >= -128 && value <= 127;
  return { binary: true, value: small ? Uint8Array.of(value) : words(value) };
}

function activeRegion(flash: Uint8Array): 0 | 1 | undefined {
  for (const region of [0, 1] as const) {
    const at = regionAt(region);
    if (u32(flash, at) === MAGIC && (u16(flash, at + 4) & REGION.active) !== 0) return region;
  }
  return undefined;
}

function readEntries(flash: Uint8Array): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const active = activeRegion(flash);
  if (active == null) return entries;
  const start = regionAt(active);
  const end = start + SETTINGS_REGION_BYTES;
  const names = new Map<number, string>();
  for (let at = start + HEADER_BYTES; at + ENTRY_HEADER_BYTES <= end;) {
    const flags = u16(flash, at);
    if (flags === 0xffff) break;
    const bytes = flash.slice(at + ENTRY_HEADER_BYTES, at + ENTRY_HEADER_BYTES + u16(flash, at + 2));
    at += ENTRY_HEADER_BYTES + bytes.length;
    if ((flags & (ENTRY.alive | ENTRY.invalid)) !== ENTRY.alive) continue;
    const id = flags & ENTRY.id;
    if ((flags & ENTRY.value) === 0) names.set(id, Buffer.from(bytes).toString('utf8'));
    else if (names.has(id))
      entries.set(names.get(id)!, { binary: (flags & ENTRY.binary) !== 0, value: bytes });
  }
  return entries;
}

/** Undefined where it is more than a region holds. */
function regionBytes(entries: ReadonlyMap<string, Entry>): Uint8Array | undefined {
  const pieces = [...entries].flatMap(([key, { binary, value }], index) => {
    const id = ENTRY.alive | (index + 1);
    const kind = ENTRY.value | (binary ? ENTRY.binary : 0);
    return [
      entryHeader(id, key.length),
      new Uint8Array(Buffer.from(key)),
      entryHeader(id | kind, value.length),
      value,
    ];
  });
  const bytes = joinBytes(...pieces);
  return bytes.length > SETTINGS_REGION_BYTES - HEADER_BYTES ? undefined : bytes;
}

const entryHeader = (flags: number, length: number): Uint8Array => words((length << 16) | flags);

function regionHeader(region: 0 | 1, active: boolean): Uint8Array {
  const flags = REGION_SECTORS | (region === 1 ? REGION.second : 0) | (active ? REGION.active : 0);
  return words(MAGIC, flags);
}

function withHeader(entries: Uint8Array, region: 0 | 1, active: boolean): Uint8Array {
  const bytes = new Uint8Array(SETTINGS_REGION_BYTES).fill(0xff);
  bytes.set(joinBytes(regionHeader(region, active), entries));
  return bytes;
}
