import { hexToUint8Array } from 'uint8array-extras';
import { formatMac } from '../../core/identity.ts';

/** The MAC as text from six bytes, the last octet first: the order of the air. */
export const macFromAir = (bytes: Uint8Array): string => formatMac(bytes.slice().reverse());

/** Six bytes in the order they are written in; undefined where the text is no MAC. */
export function macBytes(mac: string | undefined): Uint8Array | undefined {
  if (mac == null || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) return undefined;
  return hexToUint8Array(mac.replaceAll(':', ''));
}
