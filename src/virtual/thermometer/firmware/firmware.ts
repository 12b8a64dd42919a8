import type { VirtualAdvertisement } from '../../air/peripheral.ts';
import type { Link, Service } from './gatt.ts';

/** One kind of firmware at work, without the radio under it. */
export interface Firmware {
  /** As a technician would call it: `stock 1.0.0_0130`, `pvvx 5.8`. */
  readonly title: string;
  /** The next advertisement; undefined where nobody with an ordinary adapter can hear it. Moves its counters. */
  advertisement(): VirtualAdvertisement | undefined;
  /** A central has connected. */
  serve(link: Link): GattSession;
}

/** What a firmware offers over one connection. */
export interface GattSession {
  readonly services: readonly Service[];
  /** Bytes; 23 when missing. */
  readonly mtu?: number;
  /** Connection interval that is agreed now, ms. */
  intervalMs(): number;
}
