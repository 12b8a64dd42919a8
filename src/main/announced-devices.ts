import type { NetworkDevice } from '../cli/services.ts';
import type { Network } from '../drivers/http/port.ts';
import { ANNOUNCED_TYPES, describeAnnouncement } from '../protocols/announcements/describe.ts';

/** Tells of each device on the network that announces itself; returns the function that ends it. */
export function announcedDevices(
  network: Network,
  onFound: (device: NetworkDevice) => void,
): Promise<() => void> {
  return network.browse(ANNOUNCED_TYPES, (service) => {
    const described = describeAnnouncement(service);
    if (!described) return;
    const { host: address, port } = service.at;
    void macFor(network, described.mac, address).then((mac) =>
      onFound({ ...described, address, port, ...(mac !== undefined && { mac }) }),
    );
  });
}

/** Where it does not tell its MAC, this computer may have learnt it. */
const macFor = async (network: Network, told: string | undefined, address: string) =>
  told ?? network.macOf(address).catch(() => undefined);
