import { practiceTasmota } from '../esp/images/plug-images.ts';
import { unitMac } from '../esp/images/unit-secrets.ts';
import { plugDevice, type PlugState } from '../plug/plug-device.ts';
import { plugFirmwares } from '../plug/firmwares.ts';
import type { PracticeImage } from '../virtual-device.ts';
import { SHELLY_FAULTS } from './faults.ts';
import { GEN2_MODEL, gen2Flash } from './gen2.ts';
import { SHELLY_FLASH_BYTES, shellyFlash, type FactoryOptions } from './images/factory-flash.ts';
import { NO_FW, OLD_FW, STOCK_FW } from './images/stock-images.ts';
import { stockZip, takeoverZip } from './images/zip-maker.ts';
import { PLUG_S, SHELLY_1, SHELLY_25, type ShellyModel } from './models.ts';
import { DEFAULT_TARGET_URL } from './takeover/target-url.ts';

const SHELLY_OUI = [0x84, 0xcc, 0xa8] as const;

/** Lower case with colons. */
const macOf = (unit: number): string =>
  [...unitMac(SHELLY_OUI, unit)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

type StateOptions = Omit<FactoryOptions, 'mac' | 'unit' | 'model' | 'fw'> & {
  readonly model?: ShellyModel;
  readonly fw?: string;
};

function state(
  name: string,
  text: string,
  { model = PLUG_S, fw = STOCK_FW, ...options }: StateOptions = {},
): PlugState {
  return {
    name,
    text,
    chip: (unit) => ({
      mac: macOf(unit),
      flashBytes: SHELLY_FLASH_BYTES,
      onlyDout: false,
      model: model.type,
    }),
    flash: (unit) => shellyFlash({ model, fw, mac: macOf(unit), unit, ...options }),
  };
}

/** Password of the state `login`, of user `admin`. */
export const PRACTICE_PASSWORD = 'practice-word';

const STATES: readonly [PlugState, ...PlugState[]] = [
  state('stock', 'Plug S with stock 1.12.2, on the Wi-Fi'),
  state('new', 'Plug S as it comes: its own access point, on no Wi-Fi yet', { isNew: true }),
  state('login', `Plug S whose pages want a login: admin, ${PRACTICE_PASSWORD}`, {
    settings: { login: { enabled: true, username: 'admin', password: PRACTICE_PASSWORD } },
  }),
  state('old', 'Plug S with stock 1.3.0, too old to begin with', { fw: OLD_FW }),
  state('no-version', 'Plug S whose stock says version 0.0.0', { fw: NO_FW }),
  state('halfway', 'stuck in the intermediate firmware of a conversion, which finds its target nowhere', {
    takeoverUrl: DEFAULT_TARGET_URL,
  }),
  state('shelly1', 'Shelly 1 with stock 1.12.2: boot config at 0x1000', { model: SHELLY_1 }),
  state('shelly25', 'Shelly 2.5 with stock 1.12.2: boot config at 0x1000', { model: SHELLY_25 }),
  {
    name: 'gen2',
    text: 'Plus Plug S (ESP32): found and told apart, nothing is done to it',
    chip: (unit) => ({
      mac: macOf(unit),
      flashBytes: SHELLY_FLASH_BYTES,
      onlyDout: false,
      model: GEN2_MODEL,
    }),
    flash: (unit) => gen2Flash(unit, SHELLY_FLASH_BYTES),
  },
];

const IMAGES: readonly PracticeImage[] = [
  {
    file: 'mg2tasmota-ShellyPlugS.zip',
    title:
      'practice takeover of a Plug S; fetches its target where the published one does, unless told otherwise',
    make: () => takeoverZip(PLUG_S, DEFAULT_TARGET_URL),
  },
  {
    file: 'mg2tasmota-Shelly1.zip',
    title: 'the same for a Shelly 1: on a Plug S it is the wrong one',
    make: () => takeoverZip(SHELLY_1, DEFAULT_TARGET_URL),
  },
  { file: 'SHPLG-S.zip', title: 'practice stock 1.14.0 for a Plug S', make: () => stockZip(PLUG_S) },
  {
    file: 'tasmota.bin',
    title: 'practice Tasmota for 1 MB: the target',
    flashOffset: 0,
    make: practiceTasmota,
  },
];

/** A Shelly Plug S on the network, and a few of its relatives by state. */
export const shellyPlugS = plugDevice({
  name: 'shelly-plug-s',
  title: 'Shelly Plug S (ESP8266, 2 MB) on the network, with stock firmware',
  states: STATES,
  firmwares: plugFirmwares,
  faults: SHELLY_FAULTS,
  images: IMAGES,
});
