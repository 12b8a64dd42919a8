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

/**
 * Time of one exchange at a connection interval of 20 ms, ms. Several packets go in one interval: eight of them and a
 * read took about 128 ms in public logs (1 kB/s).
 */
export const EXCHANGE_MS = 14;

/** What a firmware offers over one connection. */
export interface GattSession {
  readonly services: readonly Service[];
  /** Bytes; 23 when missing. */
  readonly mtu?: number;
  /** Time of one exchange with what is agreed now, ms. */
  exchangeMs(): number;
}
