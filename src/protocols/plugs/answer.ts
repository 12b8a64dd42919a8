import type { HostPort } from '../../drivers/http/port.ts';

export type PlugFirmware =
  /** Stock firmware of a Shelly of the first generation. */
  | 'shelly-gen1'
  /** Stock firmware of a later Shelly (ESP32). */
  | 'shelly-gen2'
  /** The intermediate firmware of mgos-to-tasmota: between stock and target. */
  | 'takeover'
  | 'shelly-homekit'
  | 'tasmota'
  /** The set-up page of the HomeKit Accessory Architect, on port 4567 of its access point. */
  | 'haa-portal'
  | 'esphome'
  | 'espurna'
  | 'unknown';

/** What answers at an address. All text of the unit is sanitised. */
export interface PlugAnswer {
  readonly firmware: PlugFirmware;
  readonly at: HostPort;
  /** For people: `Shelly stock firmware 1.12.2 on a SHPLG-S`. */
  readonly title: string;
  /** Lower case with colons; missing where neither the firmware nor the ARP table of this computer says it. */
  readonly mac?: string;
  /** Who said it. The ARP table is right only on the own subnet. */
  readonly macFrom?: 'firmware' | 'arp';
  /** As the firmware says it: `1.12.2`, `9.2.0`. */
  readonly version?: string;
  /** Of Tasmota: `tasmota`, `lite`, `minimal`, … */
  readonly variant?: string;
  /** `SHPLG-S`, `SNPL-00112EU`, of the intermediate firmware the name of its application: `shelly-plug-s`. */
  readonly model?: string;
  /** It asks for a password, and the one given (if any) was not it. */
  readonly locked?: boolean;
}
