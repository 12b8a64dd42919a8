/** Addresses of the practice LAN. A /22: with the bench and its router never more hosts than a sweep may try. */
export const LAN = {
  /** First two bytes of every address. */
  prefix: '10.77',
  router: '10.77.0.1',
  bench: '10.77.0.2',
  /** Number of the first unit's address; numbers count through the third and fourth byte. */
  firstUnit: 11,
  hosts: 1022,
  /** Where a unit's own page answers. */
  pagePort: 80,
} as const;

export const isOnLan = (host: string): boolean => host.startsWith(`${LAN.prefix}.`);

const numbered = (number: number): string => `${LAN.prefix}.${number >>> 8}.${number & 0xff}`;

/** What a DHCP server remembers: an address for each MAC, the same at each visit unless it is to change. */
export class Leases {
  private readonly byMac = new Map<string, string>();
  private next: number = LAN.firstUnit - 1;

  addressOf(mac: string, options: { readonly isNew?: boolean } = {}): string {
    const known = this.byMac.get(mac);
    if (known != null && options.isNew !== true) return known;
    const taken = new Set(this.byMac.values());
    do this.next = this.next < LAN.hosts ? this.next + 1 : LAN.firstUnit;
    while (isUnusual(this.next) || taken.has(numbered(this.next)));
    const address = numbered(this.next);
    this.byMac.set(mac, address);
    return address;
  }
}

/** .0 and .255 of a third byte are valid in a /22; nobody expects them. */
const isUnusual = (number: number): boolean => (number & 0xff) === 0 || (number & 0xff) === 0xff;

/** MAC of the access point an ESP8266 opens: that of its station with the bit for "given here" set. */
export function accessPointMac(mac: string): string {
  const first = Number.parseInt(mac.slice(0, 2), 16) | 0x02;
  return `${first.toString(16).padStart(2, '0')}${mac.slice(2)}`;
}
