import { macFromAir } from '../ble/mac.ts';
import type { AdvertFrame } from './frame.ts';

/** Services under which Qingping's own firmware advertises. */
export const QINGPING_SERVICES: readonly string[] = ['fdcd', 'fff9'];

/** Recognised, not read: `control u8, device u8, MAC reversed, …`. */
export function decodeQingping(data: Uint8Array): AdvertFrame | undefined {
  if (data.length < 8) return undefined;
  return { format: 'qingping', encrypted: false, locked: false, mac: macFromAir(data.subarray(2, 8)) };
}
