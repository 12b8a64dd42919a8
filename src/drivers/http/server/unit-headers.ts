import { sanitize } from '../../../core/text.ts';

/** What of its headers a unit says about itself. */
export interface UnitClaims {
  /** 12 lower-case hex digits. */
  readonly mac?: string;
  /** Bytes that an update may take. */
  readonly freeBytes?: number;
  /** Bytes of its flash chip. */
  readonly chipBytes?: number;
}

export const plainMac = (text: string): string | undefined => {
  const digits = text.replaceAll(/[:-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(digits) ? digits : undefined;
};

export function unitClaims(headers: ReadonlyMap<string, string>): UnitClaims {
  const esp = (name: string) => headers.get(`x-esp8266-${name}`) ?? headers.get(`x-esp32-${name}`);
  // `shellyplug-s-A1B2C3 A1B2C3D4E5F6`: the second word is the MAC.
  const mongoose = headers.get('x-mgos-device-id')?.trim().split(/\s+/).at(-1);
  return {
    mac: plainMac(esp('sta-mac') ?? mongoose ?? ''),
    freeBytes: count(esp('free-space')),
    chipBytes: count(esp('chip-size')),
  };
}

const count = (text: string | undefined): number | undefined =>
  /^\d{1,10}$/.test(text ?? '') ? Number(text) : undefined;

/** Bit of the first byte: an ESP8266 derives the MAC of its own access point from the station's by setting it. */
const LOCALLY_ADMINISTERED = 0x02;

/** Whether both are of one unit, be it as a station or as an access point. */
export function sameUnit(mac: string, other: string): boolean {
  const station = (digits: string) =>
    (parseInt(digits.slice(0, 2), 16) & ~LOCALLY_ADMINISTERED).toString(16) + digits.slice(2);
  return station(mac) === station(other);
}

const KEPT_HEADERS = 32;
const KEPT_CHARACTERS = 200;
const SECRET = /^(authorization|proxy-authorization|cookie)$/;

/** Headers as they may be shown and logged: bounded, without control characters, without what lets somebody in. */
export function shownHeaders(headers: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const shown = [...headers]
    .filter(([name]) => !SECRET.test(name) && name !== '__proto__')
    .slice(0, KEPT_HEADERS);
  return Object.fromEntries(
    shown.map(([name, value]) => [name.slice(0, KEPT_CHARACTERS), sanitize(value).slice(0, KEPT_CHARACTERS)]),
  );
}
