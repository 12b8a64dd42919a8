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
    mirror: folder === '' ? undefined : await readMirror(folder),
    patienceMs: Number(settings['haa-minutes'] ?? 15) * 60_000,
  };
}
