import type { HeardDevice } from '../cli/services.ts';
import { sanitize } from '../core/text.ts';
import type { Advertisement } from '../drivers/ble/radio.ts';

/** Says what an advertisement means: `Mijia thermometer, pvvx firmware, 87 %`. Undefined: nothing is known of it. */
export type DescribeAdvertisement = (advertisement: Advertisement) => string | undefined;

/** What `scan` shows of a peer. */
export function heardDevice(advertisement: Advertisement, describe: DescribeAdvertisement): HeardDevice {
  const { address, addressIsMac, localName, rssiDbm, connectable, serviceUuids, serviceData } = advertisement;
  const description = describe(advertisement);
  return {
    // A `ble:` link names a unit by its MAC, which some systems hide.
    ...(addressIsMac && { link: `ble:${address}` }),
    address,
    ...(localName !== undefined && { name: sanitize(localName) }),
    rssiDbm,
    connectable,
    services: [...new Set([...serviceUuids, ...serviceData.map(({ uuid }) => uuid)])],
    ...(description !== undefined && { description: sanitize(description) }),
  };
}
