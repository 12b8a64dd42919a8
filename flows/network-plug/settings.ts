import { BenchError } from '../../src/core/errors.ts';
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

/** Undefined where the job gives none. Throws USAGE for what no unit would take. */
export function wifiOf(settings: Settings): WifiSettings | undefined {
  const ssid = settings['wifi-ssid'] ?? '';
  const password = settings['wifi-password'] ?? '';
  if (ssid === '') {
    if (password === '') return undefined;
    throw new BenchError('USAGE', {
      message: 'wifi-password was given without wifi-ssid.',
      advice: 'Give the name of the network as well.',
    });
  }
  const wifi = { ssid, password };
  checkWifi(wifi);
  return wifi;
}

/** The user of all these pages is `admin`. */
export function loginOf(settings: Settings): HttpLogin | undefined {
  const password = settings['device-password'] ?? '';
  return password === '' ? undefined : { user: 'admin', password };
}
