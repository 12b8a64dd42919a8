import type { HttpLogin } from '../../src/drivers/http/port.ts';
import { checkWifi, type WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { SettingSpec, Settings } from '../flow.ts';

/** Where the unit is to be at home once it has its new firmware. */
export const wifiSettings: readonly SettingSpec[] = [
  {
    key: 'wifi-ssid',
    title: 'Wi-Fi for the new firmware',
    help: 'Name of the 2.4 GHz network that the units get when their new firmware opens its access point.',
    kind: 'text',
  },
  {
    key: 'wifi-password',
    title: 'Its password',
    help: 'Given as @FILE, in BENCHFLASH_WIFI_PASSWORD or at the prompt; missing for an open network.',
    kind: 'secret',
  },
];

export const devicePassword: SettingSpec = {
  key: 'device-password',
  title: 'Password of the units',
  help: 'Of the web page of the firmware that they run now (user admin); given as @FILE.',
  kind: 'secret',
};

/**
 * Undefined where the job names no network: a password alone may well stand in the environment for other jobs. Throws
 * USAGE for what no unit would take.
 */
export function wifiOf(settings: Settings): WifiSettings | undefined {
  const ssid = settings['wifi-ssid'] ?? '';
  if (ssid === '') return undefined;
  const password = settings['wifi-password'] ?? '';
  const wifi = { ssid, password };
  checkWifi(wifi);
  return wifi;
}

/** The user of all these pages is `admin`. */
export function loginOf(settings: Settings): HttpLogin | undefined {
  const password = settings['device-password'] ?? '';
  return password === '' ? undefined : { user: 'admin', password };
}
