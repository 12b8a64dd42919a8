/** What a unit says of itself. The MAC is the key of all records; without one a unit is "unknown". */
export interface UnitIdentity {
  /** Lower case with colons, e.g. `24:6f:28:10:aa:03`. */
  readonly mac?: string;
  /** Chip with revision, e.g. `ESP32-D0WD (revision v1.0)`. */
  readonly chip?: string;
  /** JEDEC id as six hex digits, e.g. `c84016`. */
  readonly flashId?: string;
  readonly flashSizeBytes?: number;
  /** Hardware revision, as the unit says it: `B1.4`. */
  readonly hardware?: string;
  /** Firmware that ran when it was last asked: `stock 1.0.0_0130`, `pvvx 5.8`. */
  readonly firmware?: string;
  /** What it calls itself on the air: `ATC_A1B2C3`. Untrusted text, already sanitised. */
  readonly name?: string;
}

/** The last six digits of a MAC: what people write on a unit. */
export const last6 = (mac: string): string => mac.replaceAll(':', '').slice(-6);

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
