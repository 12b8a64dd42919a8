import { unitSecrets } from '../../esp/images/unit-secrets.ts';
import type { VirtualDevice } from '../../virtual-device.ts';
import { unitMacText } from '../mac-text.ts';
import { plugDevice, type PlugState } from '../plug-device.ts';
import type { PlugChip, PlugFirmware } from '../plug-firmware.ts';
import type { EspHomeConfig } from './config.ts';
import { newPracticeEspHome, practiceEspHome, PRACTICE_OTA_PASSWORD } from './esphome-images.ts';
import { ESPHOME_FAULTS } from './faults.ts';

const MIB = 1_048_576;
const OUI = [0x98, 0xcd, 0xac] as const;

const chip = (unit: number): PlugChip => ({
  mac: unitMacText(OUI, unit),
  flashBytes: MIB,
  onlyDout: true,
  model: 'esp01_1m',
});

function state(name: string, text: string, config: Partial<EspHomeConfig>): PlugState {
  return {
    name,
    text,
    chip,
    flash(unit) {
      const { ssid, password } = unitSecrets(unit);
      const flash = new Uint8Array(MIB).fill(0xff);
      flash.set(practiceEspHome({ name: `practice-plug-${unit}`, ssid, password, ...config }));
      return flash;
    },
  };
}

const otaPassword = PRACTICE_OTA_PASSWORD;

/** Plug of 1 MB that runs ESPHome; whatever else is in `firmwares` starts too once it is written. */
export const esphomePlug = (firmwares: readonly PlugFirmware[]): VirtualDevice =>
  plugDevice({
    name: 'esphome-plug',
    title: 'mains plug with ESPHome (ESP8285, 1 MB)',
    states: [
      state('open', 'ESPHome 2026.9.1 without an update password', {}),
      state('md5', `update password "${otaPassword}", asked for with MD5`, { auth: 'md5', otaPassword }),
      state('sha256', `update password "${otaPassword}", asked for with SHA-256`, {
        auth: 'sha256',
        otaPassword,
      }),
      state('gzip', 'takes gzip', { gzip: true }),
      state('extended', 'names its abilities in flags, takes gzip; SHA-256', {
        extended: true,
        gzip: true,
        auth: 'sha256',
        otaPassword,
      }),
      state('old', 'protocol version 1: data is not acknowledged', { otaVersion: 1 }),
      state('no-wifi', 'knows no network: its fallback access point is open', { ssid: '' }),
    ],
    firmwares,
    faults: ESPHOME_FAULTS,
    images: [
      {
        file: 'esphome-plug.bin',
        title: 'practice ESPHome 2026.10.1 for 1 MB',
        flashOffset: 0x0,
        make: () => newPracticeEspHome(),
      },
    ],
  });
