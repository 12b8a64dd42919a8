import { networkInterfaces } from 'node:os';

/** One IPv4 address of this computer. */
export interface OwnAddress {
  /** `wlan0` */
  readonly interfaceName: string;
  readonly address: string;
  /** Length of the subnet's prefix, 0 to 32. */
  readonly prefixBits: number;
}

/** The addresses of this computer, loopback left out. */
export function ownAddresses(): readonly OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, entries]) =>
    (entries ?? []).flatMap(({ family, internal, address, cidr }) =>
      family === 'IPv4' && !internal
        ? [{ interfaceName, address, prefixBits: Number(cidr?.split('/')[1] ?? 32) }]
        : [],
    ),
  );
}

/** An IPv4 address as a number; undefined where the text is none. */
export function ipv4Number(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export const ipv4Text = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** First and last address of a subnet, both of them not for hosts where the prefix is shorter than 31 bits. */
export function subnetOf({ address, prefixBits }: Pick<OwnAddress, 'address' | 'prefixBits'>): {
  readonly first: number;
  readonly last: number;
} {
  const size = 2 ** (32 - prefixBits);
  const first = Math.floor((ipv4Number(address) ?? 0) / size) * size;
  return { first, last: first + size - 1 };
}

/** The own address in whose subnet `host` lies; undefined for a name and for an address elsewhere. */
export function neighbourhoodOf(host: string, own: readonly OwnAddress[]): OwnAddress | undefined {
  const number = ipv4Number(host);
  if (number === undefined) return undefined;
  return own.find((each) => {
    const { first, last } = subnetOf(each);
    return number >= first && number <= last;
  });
}

const PRIVATE: readonly Pick<OwnAddress, 'address' | 'prefixBits'>[] = [
  { address: '10.0.0.0', prefixBits: 8 },
  { address: '172.16.0.0', prefixBits: 12 },
  { address: '192.168.0.0', prefixBits: 16 },
  { address: '169.254.0.0', prefixBits: 16 },
];

/** Private by RFC 1918, or link-local: nobody's but whose network it is. */
export function isPrivate(address: string): boolean {
  const number = ipv4Number(address);
  return (
    number !== undefined && PRIVATE.map(subnetOf).some(({ first, last }) => number >= first && number <= last)
  );
}

export const describeOwn = ({ address, prefixBits, interfaceName }: OwnAddress): string =>
  `${address}/${prefixBits} on ${interfaceName}`;
