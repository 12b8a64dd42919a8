/** What a unit says of itself. The MAC is the key of all records; without one a unit is "unknown". */
export interface UnitIdentity {
  /** Lower case with colons, e.g. `24:6f:28:10:aa:03`. */
  readonly mac?: string;
  /** Chip with revision, e.g. `ESP32-D0WD (revision v1.0)`. */
  readonly chip?: string;
  /** JEDEC id as six hex digits, e.g. `c84016`. */
  readonly flashId?: string;
  readonly flashSizeBytes?: number;
}

/** The last six digits of a MAC: what people write on a unit. */
export const last6 = (mac: string): string => mac.replaceAll(':', '').slice(-6);

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
