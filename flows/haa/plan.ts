import { isIPv4 } from 'node:net';
import { BenchError } from '../../src/core/errors.ts';
import type { OfferedFile } from '../../src/drivers/http/firmware-server.ts';
import { checkScript } from '../../src/protocols/haa/index.ts';
import type { WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { Settings } from '../flow.ts';
import { wifiOf } from '../network-plug/index.ts';
import { readMirror } from './mirror.ts';

/** How a unit gets from the installer to HAA. */
export interface HaaPlan {
  /** Checked; as it goes over. */
  readonly script: string;
  readonly wifi: WifiSettings;
  /** In memory, complete and hashed; undefined: from the vendor's server. */
  readonly mirror: readonly OfferedFile[] | undefined;
  readonly patienceMs: number;
  /** Of this computer in that Wi-Fi; undefined: it is found out. */
  readonly address: string | undefined;
}

/** Undefined where the job says nothing of it. Throws USAGE and FIRMWARE_REFUSED. */
export async function haaPlanOf(settings: Settings): Promise<HaaPlan | undefined> {
  const accessory = settings['accessory'] ?? '';
  const folder = settings['mirror'] ?? '';
  if (accessory.trim() === '') {
    if (folder === '') return undefined;
    throw new BenchError('USAGE', {
      message: 'mirror was given without accessory.',
      advice: 'Give the accessory script as accessory=@FILE.',
    });
  }
  const wifi = wifiOf(settings);
  if (wifi == null)
    throw new BenchError('USAGE', {
      message: 'HAA is fetched over the Wi-Fi of the unit, and this job has none.',
      advice: 'Give wifi-ssid and wifi-password.',
    });
  return {
    script: checkScript(accessory),
    wifi,
    mirror: folder === '' ? undefined : await readMirror(folder, publicKeyOf(settings)),
    patienceMs: Number(settings['haa-minutes'] ?? 15) * 60_000,
    address: addressOf(settings['bench-address'] ?? ''),
  };
}

const publicKeyOf = (settings: Settings): string | undefined => {
  const key = settings['mirror-key'] ?? '';
  return key.trim() === '' ? undefined : key;
};

function addressOf(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  if (isIPv4(text.trim())) return text.trim();
  throw new BenchError('USAGE', { message: `bench-address: "${text}" is no IPv4 address.` });
}
