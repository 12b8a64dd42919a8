import type { NetworkState } from '../services.ts';
import type { Check } from './check.ts';

/** The network, Wi-Fi for access points, and power. Only flows over the network need them. */
export function networkChecks({ addresses, wifi, power }: NetworkState): Check[] {
  return [addressCheck(addresses), wifiCheck(wifi), ...(power ? [powerCheck(power)] : [])];
}

function addressCheck(addresses: NetworkState['addresses']): Check {
  const head = { id: 'network', title: 'network', needed: false };
  if (addresses.length === 0)
    return {
      ...head,
      state: 'no',
      finding: 'this computer has no address; only network flows need one',
      fix: 'Connect this computer to the network of the units.',
    };
  const finding = addresses
    .map(
      ({ address, prefixBits, interfaceName, isPrivate }) =>
        `${address}/${prefixBits} on ${interfaceName}${isPrivate ? '' : ' (not private: never searched)'}`,
    )
    .join(', ');
  return { ...head, state: 'yes', finding };
}

const WITHOUT_WIFI = 'Without it your phone joins the access point of a unit when a flow asks for it.';

function wifiCheck(wifi: NetworkState['wifi']): Check {
  const head = { id: 'wifi', title: 'Wi-Fi to join units', needed: false };
  switch (wifi.state) {
    case 'usable':
      return { ...head, state: 'yes', finding: `by ${wifi.name}` };
    case 'no-nmcli':
      return {
        ...head,
        state: 'no',
        finding: 'nmcli is not there',
        fix: `Install NetworkManager, e.g. sudo apt install network-manager. ${WITHOUT_WIFI}`,
      };
    case 'not-running':
      return {
        ...head,
        state: 'no',
        finding: 'NetworkManager does not answer',
        fix: `Start it: sudo systemctl start NetworkManager. ${WITHOUT_WIFI}`,
      };
    case 'no-interface':
      return {
        ...head,
        state: 'no',
        finding: 'no Wi-Fi interface',
        fix: `Plug in a USB Wi-Fi adapter. ${WITHOUT_WIFI}`,
      };
    case 'unavailable':
      return {
        ...head,
        state: 'no',
        finding: `${wifi.name} is ${wifi.word}`,
        fix: `Switch Wi-Fi on (nmcli radio wifi on) and let NetworkManager manage ${wifi.name}. ${WITHOUT_WIFI}`,
      };
    case 'in-use':
      return {
        ...head,
        state: 'no',
        finding: `${wifi.name} is the way to the network and stays there`,
        fix: `Connect this computer by cable, or plug in a second Wi-Fi adapter. ${WITHOUT_WIFI}`,
      };
  }
}

function powerCheck({ onBattery, batteryPercent }: NonNullable<NetworkState['power']>): Check {
  const head = { id: 'power', title: 'power', needed: false };
  const charge = batteryPercent === undefined ? '' : `, battery at ${batteryPercent} %`;
  if (!onBattery) return { ...head, state: 'yes', finding: `from the mains${charge}` };
  return {
    ...head,
    state: 'no',
    finding: `this computer runs on its battery${charge.replace(', battery', '')}`,
    fix: 'Plug it in: a unit that fetches its firmware from here is lost when the computer goes down.',
  };
}
