import { latin1 } from '../../bytes.ts';
import { unitMac, unitSecrets } from '../../esp/images/unit-secrets.ts';
import { plugFirmwares } from '../firmwares.ts';
import { plugDevice, type PlugState } from '../plug-device.ts';
import type { PlugChip } from '../plug-firmware.ts';
import { PLUG_FAULTS } from '../plug-unit.ts';
import { HAA_FAULTS } from './faults.ts';
import {
  haaPracticeImages,
  practiceFullHaaboot,
  practiceInstalledHaa,
  practiceOldFullHaaboot,
  PRACTICE_MAIN_VERSION,
} from './images.ts';
import { SETTINGS } from './layout.ts';
import { KEY, settingsArea, type SettingKey, type SettingValue } from './settings.ts';
import { VENDOR_RENAMED, VENDOR_WHOLE } from './vendor.ts';

const FLASH_BYTES = 1_048_576;
const OUI = [0x84, 0xf3, 0xeb] as const;
const SCRIPT = '{"c":{"n":"practice"},"a":[{"t":2,"0":{"0":[[12]]},"1":{"0":[[12,1]]}}]}';

type Values = Partial<Record<SettingKey, SettingValue>>;

const chip = (unit: number): PlugChip => ({
  mac: Buffer.from(unitMac(OUI, unit))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1:'),
  flashBytes: FLASH_BYTES,
  onlyDout: true,
  model: 'ESP8285',
});

function state(
  name: string,
  text: string,
  image: () => Uint8Array,
  settings?: (wifi: Values) => Values,
): PlugState {
  return {
    name,
    text,
    chip,
    flash(unit) {
      const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
      flash.set(image());
      const { ssid, password } = unitSecrets(unit);
      const wifi = { [KEY.ssid]: ssid, [KEY.password]: password, [KEY.setupMode]: 0 };
      if (settings != null) flash.set(settingsArea(settings(wifi)), SETTINGS);
      return flash;
    },
  };
}

const fromVendor = (repository: string): Values => ({
  [KEY.server]: repository,
  [KEY.port]: 80,
  [KEY.ssl]: 0,
});

/** A plug on the way to HAA, or with it: what brought the installer onto it has happened already. */
export const haaPlug = plugDevice({
  name: 'haa-plug',
  title: 'plug with HAA or its installer (ESP8285, 1 MB)',
  firmwares: plugFirmwares,
  states: [
    state('portal', 'HAABOOT is in flash, its portal is open and nothing is saved', practiceFullHaaboot),
    state('old-portal', 'the same of the generation of 2021, with another form', practiceOldFullHaaboot),
    state(
      'stranded',
      'saved without a script while HAA was missing on its server: it goes round and round without a portal',
      practiceFullHaaboot,
      (wifi) => ({ ...wifi, ...fromVendor(VENDOR_RENAMED) }),
    ),
    state(
      'installing',
      'saved, and about to download all of it from a server that is not the bench',
      practiceFullHaaboot,
      (wifi) => ({ ...wifi, ...fromVendor(VENDOR_WHOLE), [KEY.script]: SCRIPT }),
    ),
    state('haa', 'HAA runs and is announced for HomeKit', practiceInstalledHaa, (wifi) => ({
      ...wifi,
      [KEY.script]: SCRIPT,
      [KEY.mainVersion]: PRACTICE_MAIN_VERSION,
      [KEY.configNumber]: 1,
    })),
  ],
  faults: [...HAA_FAULTS, PLUG_FAULTS.weakSignal],
  images: [
    ...haaPracticeImages,
    { file: 'haa-script.json', title: 'practice script of a switch', make: () => latin1(SCRIPT) },
  ],
});
