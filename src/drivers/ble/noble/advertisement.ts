import type { Advertisement } from '../radio.ts';
import { gattUuid } from '../uuid.ts';
import type { NoblePeripheral } from './noble-types.ts';

const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/**
 * The peer as this system names it. macOS hides MACs; where noble finds one there all the same, it comes and goes,
 * so it is taken only where noble's own id is made of it.
 */
export function peerAddress({ id, address }: Pick<NoblePeripheral, 'id' | 'address'>): {
  readonly address: string;
  readonly addressIsMac: boolean;
} {
  const isMac = MAC.test(address) && address.replaceAll(/[:-]/g, '').toLowerCase() === id.toLowerCase();
  return isMac
    ? { address: address.replaceAll('-', ':').toLowerCase(), addressIsMac: true }
    : { address: id.toLowerCase(), addressIsMac: false };
}

/** What a discover event of noble says. Bytes are copied: noble goes on using its own. */
export function advertisementOf(peripheral: NoblePeripheral, heardAtMs: number): Advertisement {
  const { advertisement, rssi, connectable } = peripheral;
  const { localName, serviceUuids, serviceData } = advertisement;
  return {
    ...peerAddress(peripheral),
    rssiDbm: rssi,
    connectable: Boolean(connectable),
    ...(localName != null && localName !== '' && { localName }),
    serviceUuids: (serviceUuids ?? []).map(gattUuid),
    serviceData: (serviceData ?? []).map(({ uuid, data }) => ({
      uuid: gattUuid(uuid),
      data: Uint8Array.from(data),
    })),
    heardAtMs,
  };
}
