import { unitMac } from '../esp/images/unit-secrets.ts';

/** MAC of a unit, lower case with colons. */
export const unitMacText = (oui: readonly [number, number, number], unit: number): string =>
  Array.from(unitMac(oui, unit), (byte) => byte.toString(16).padStart(2, '0')).join(':');

/** `A1B2C3` of a MAC that ends so. */
export const macTail = (mac: string): string => mac.slice(9).replaceAll(':', '').toUpperCase();
