import type { NetworkState } from '../cli/services.ts';
import { powerSupply } from '../drivers/host/power-supply.ts';
import { isPrivate, ownAddresses } from '../drivers/http/interfaces.ts';
import type { Programs } from '../drivers/process/programs.ts';
import { lookForWifi } from '../drivers/wifi/find-station.ts';

/** What of this computer matters to flows over the network. */
export async function networkState(programs: Programs): Promise<NetworkState> {
  const [wifi, power] = await Promise.all([lookForWifi(programs), powerSupply()]);
  return {
    addresses: ownAddresses().map((own) => ({ ...own, isPrivate: isPrivate(own.address) })),
    wifi: wifi.state === 'usable' ? { state: 'usable', name: wifi.device.name } : wifi,
    ...(power && { power }),
  };
}
