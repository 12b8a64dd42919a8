/** `A1B2C3` of `84:cc:a8:a1:b2:c3`. */
export const lastThreeOfMac = (mac: string): string => mac.slice(-8).replaceAll(':', '').toUpperCase();

/** Access point, mDNS name and host name alike. */
export const haaName = (mac: string): string => `HAA-${lastThreeOfMac(mac)}`;
