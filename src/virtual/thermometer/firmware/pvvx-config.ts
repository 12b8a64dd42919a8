import { SETTING, type SettingsStore } from './settings-store.ts';

/** Advertising formats, bits 0 and 1 of the first byte. */
export const ADVERTISING = { atc: 0, custom: 1, mi: 2, bthome: 3 } as const;

export const CONFIG_BYTES = 11;
const AT = { flags: 0, flags2: 1, events: 3, interval: 4, measureInterval: 5, power: 6, hardware: 9 };
const FLAG2 = { crypto: 0x08, phy: 0x20, longRange: 0x40 };
/** BT5 phy and long range are taken over by a restart. */
export const RESTART_FLAGS2 = FLAG2.phy | FLAG2.longRange;

/** 0 dBm, a latency of a second, a measurement each fourth advertisement: defaults of 5.8 in its app.c. */
const DEFAULTS = [0x87, 0x10, 0x0a, 6, 40, 4, 0xb4, 49, 49, 0, 180];
const INTERVAL_STEP_MS = 62.5;
/** Longest time between two measurements. */
const LONGEST_MEASURE_MS = 250_000;

/** The configuration of pvvx firmware: eleven bytes, as command 55 has them behind its version byte. */
export class PvvxConfig {
  private readonly store: SettingsStore;
  private readonly hardwareId: number;
  private current: Uint8Array;

  constructor(store: SettingsStore, hardwareId: number) {
    this.store = store;
    this.hardwareId = hardwareId;
    const stored = store.get(SETTING.config);
    this.current = this.sane(stored ?? Uint8Array.from(DEFAULTS));
  }

  get bytes(): Uint8Array {
    return this.current;
  }

  get advertisingType(): number {
    return this.current[AT.flags]! & 0x03;
  }

  get encrypted(): boolean {
    return (this.current[AT.flags2]! & FLAG2.crypto) !== 0;
  }

  get longRange(): boolean {
    return (this.current[AT.flags2]! & FLAG2.longRange) !== 0;
  }

  get intervalMs(): number {
    return this.current[AT.interval]! * INTERVAL_STEP_MS;
  }

  get advertisementsAMeasurement(): number {
    return this.current[AT.measureInterval]!;
  }

  /** What is not sent keeps its value. Returns whether a restart has to follow. */
  write(data: Uint8Array): boolean {
    const next = this.current.slice();
    next.set(data.subarray(0, CONFIG_BYTES));
    return this.adopt(next);
  }

  restoreDefaults(): boolean {
    return this.adopt(Uint8Array.from(DEFAULTS));
  }

  /** Long range ends when the battery is pulled. */
  leaveLongRange(): void {
    const next = this.current.slice();
    next[AT.flags2]! &= ~FLAG2.longRange;
    this.adopt(next);
  }

  private adopt(next: Uint8Array): boolean {
    const changed = next[AT.flags2]! ^ this.current[AT.flags2]!;
    this.current = this.sane(next);
    this.store.put(SETTING.config, this.current);
    return (changed & RESTART_FLAGS2) !== 0;
  }

  /** Limits of the firmware; the hardware id is its own. */
  private sane(bytes: Uint8Array): Uint8Array {
    const sane = new Uint8Array(CONFIG_BYTES);
    sane.set(bytes.subarray(0, CONFIG_BYTES));
    if (sane[AT.flags2]! & FLAG2.longRange) sane[AT.flags2]! |= FLAG2.phy;
    sane[AT.events] = Math.max(6, sane[AT.events]!);
    const interval = Math.min(160, Math.max(1, sane[AT.interval]!));
    const mostEvents = Math.max(2, Math.floor(LONGEST_MEASURE_MS / (interval * INTERVAL_STEP_MS)) - 1);
    sane[AT.interval] = interval;
    sane[AT.measureInterval] = Math.min(mostEvents, Math.max(2, sane[AT.measureInterval]!));
    const power = sane[AT.power]!;
    if (power & 0x80) sane[AT.power] = Math.min(0xbf, Math.max(0x82, power));
    sane[AT.hardware] = this.hardwareId;
    return sane;
  }
}
