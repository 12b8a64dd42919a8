/** `A1B2C3D4E5F6`, with `:` or `-` between or without, as `a1:b2:c3:d4:e5:f6`; undefined where it is no MAC. */
export function plainMac(text: string): string | undefined {
  const digits = text.trim().toLowerCase().replaceAll(/[:-]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g)!.join(':') : undefined;
}

/**
 * The BSSID of an ESP8266's own access point: its station MAC with the bit "locally administered" set in the first
 * byte (SDK of the ESP8266).
 */
export function accessPointMac(stationMac: string): string {
  const first = Number.parseInt(stationMac.slice(0, 2), 16);
  return `${(first | 0x02).toString(16).padStart(2, '0')}${stationMac.slice(2)}`;
}

/** Whether this BSSID is that of the access point of the unit with this station MAC. */
export const isAccessPointOf = (bssid: string, stationMac: string): boolean =>
  bssid === accessPointMac(stationMac);
