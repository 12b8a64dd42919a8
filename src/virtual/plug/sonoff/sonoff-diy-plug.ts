import { unitMac, unitSecrets } from '../../esp/images/unit-secrets.ts';
import { plugFirmwares } from '../firmwares.ts';
import { plugDevice, type PlugState } from '../plug-device.ts';
import { PLUG_FAULTS } from '../plug-unit.ts';
import { DIY_FAULTS } from './faults.ts';
import { practiceDiyFlash } from './images.ts';
import { SETTINGS_OFFSET } from './layout.ts';
import { NEW_SETTINGS, settingsSector, type DiySettings } from './settings.ts';

const FLASH_BYTES = 1_048_576;
const OUI = [0xdc, 0x4f, 0x22] as const;
const VERSION = '3.6.0';
const JUMPER_VERSION = '3.3.0';

function state(
  name: string,
  text: string,
  version: string,
  settings: (unit: number) => Partial<DiySettings>,
): PlugState {
  return {
    name,
    text,
    chip: (unit) => ({
      mac: Buffer.from(unitMac(OUI, unit))
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1:'),
      flashBytes: FLASH_BYTES,
      onlyDout: true,
      model: 'SONOFF MINI',
    }),
    flash(unit) {
      const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
      flash.set(practiceDiyFlash(version));
      flash.set(settingsSector({ ...NEW_SETTINGS, ...settings(unit) }), SETTINGS_OFFSET);
      return flash;
    },
  };
}

const wifi = (unit: number): Partial<DiySettings> => {
  const { ssid, password } = unitSecrets(unit);
  return { ssid, password };
};

/** A Sonoff Basic R3 or Mini in DIY mode, as it comes from the factory. */
export const sonoffDiyPlug = plugDevice({
  name: 'sonoff-diy-plug',
  title: 'Sonoff Mini or Basic R3 in DIY mode (ESP8285, 1 MB)',
  firmwares: plugFirmwares,
  states: [
    state('internet', 'locked; the vendor, who unlocks it, can be reached', VERSION, wifi),
    state('unlocked', 'unlocked, without internet', VERSION, (unit) => ({
      ...wifi(unit),
      otaUnlock: true,
      hasInternet: false,
    })),
    state('locked', 'locked, without internet', VERSION, (unit) => ({ ...wifi(unit), hasInternet: false })),
    state(
      'protocol-1.4',
      'firmware 3.3.0 with its jumper set, on the network sonoffDiy',
      JUMPER_VERSION,
      () => ({
        ssid: 'sonoffDiy',
        password: '20170618sn',
      }),
    ),
    state('ap', 'not on a network: its own access point is open', VERSION, () => ({})),
  ],
  faults: [...DIY_FAULTS, PLUG_FAULTS.weakSignal],
  images: [],
});
