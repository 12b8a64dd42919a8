import { namedFirmware } from '../xiaomi/products.ts';
import type { AdvertFrame } from './frame.ts';

/** `free`: pvvx or atc1441. `other`: a format that anything may send. */
export type AirFirmwareFamily = 'stock' | 'free' | 'zigbee' | 'flash-hacker' | 'qingping' | 'other';

/** Which firmware an advertisement speaks for. */
export interface AirFirmware {
  readonly family: AirFirmwareFamily;
  /** For people: `stock`, `pvvx`, `pvvx or atc1441`. */
  readonly text: string;
  /** False where another firmware is known to send the same. */
  readonly certain: boolean;
}

/** Judged by the format and the name that was heard with it. Undefined where neither says anything. */
export function airFirmware(
  frame: AdvertFrame | undefined,
  name: string | undefined,
): AirFirmware | undefined {
  const named = name == null ? undefined : namedFirmware(name);
  if (named?.firmware === 'zigbee')
    return { family: 'zigbee', text: 'Zigbee or BTHome build', certain: true };
  if (named?.firmware === 'flash-hacker')
    return { family: 'flash-hacker', text: 'pvvx flash hacker', certain: true };
  switch (frame?.format) {
    case 'pvvx':
      return { family: 'free', text: 'pvvx', certain: true };
    case 'atc1441':
      // Only pvvx encrypts this format; in plain it is the only one of atc1441's firmware.
      return frame.encrypted
        ? { family: 'free', text: 'pvvx', certain: true }
        : { family: 'free', text: 'atc1441 or pvvx', certain: true };
    case 'bthome-v2':
    case 'bthome-v1':
      return named?.firmware === 'free'
        ? { family: 'free', text: 'pvvx', certain: true }
        : { family: 'other', text: 'BTHome', certain: false };
    case 'qingping':
      return { family: 'qingping', text: 'Qingping stock', certain: true };
    case 'mibeacon':
      // pvvx in its Mi format sends the control words and product id of stock (mi_beacon.c): only the name differs.
      return named?.firmware === 'free'
        ? { family: 'free', text: 'pvvx', certain: true }
        : { family: 'stock', text: 'stock', certain: named?.firmware === 'stock' };
    case undefined:
      if (named == null) return undefined;
      return named.firmware === 'free'
        ? { family: 'free', text: 'pvvx or atc1441', certain: false }
        : { family: 'stock', text: 'stock', certain: false };
  }
}
