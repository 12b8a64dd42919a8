import { unitSecrets } from '../../esp/images/unit-secrets.ts';
import type { VirtualDevice } from '../../virtual-device.ts';
import { sketchIn } from '../arduino/sketch.ts';
import { unitMacText } from '../mac-text.ts';
import { plugDevice, type PlugState } from '../plug-device.ts';
import type { PlugChip, PlugFirmware } from '../plug-firmware.ts';
import { tasmotaBuild } from './build.ts';
import { TASMOTA_FAULTS } from './faults.ts';
import { LASTING_SLOT } from './settings-layout.ts';
import { TasmotaSettings } from './settings.ts';
import {
  practiceFull15,
  practiceLite15,
  practiceLite9,
  practiceMinimal,
  practiceTasmota67,
  practiceTasmota85,
} from './tasmota-images.ts';

const MIB = 1_048_576;
const OUI = [0xa4, 0xcf, 0x12] as const;
/** Of the state `with-password`. */
export const PRACTICE_WEB_PASSWORD = 'practice';

/** A Sonoff-like plug with an ESP8285. */
export const tasmotaChip = (unit: number): PlugChip => ({
  mac: unitMacText(OUI, unit),
  flashBytes: MIB,
  onlyDout: true,
  model: 'Sonoff S20',
});

/** The flash of a plug that runs `image` and is on its Wi-Fi, or is not set up yet. */
export function tasmotaFlash(
  image: Uint8Array,
  unit: number,
  set: { readonly isJoined?: boolean; readonly webPassword?: string } = {},
): Uint8Array {
  const flash = new Uint8Array(MIB).fill(0xff);
  flash.set(image);
  if (set.isJoined === false) return flash;
  const chip = tasmotaChip(unit);
  const nowhere = { chip, flash, write: async () => {}, settle() {}, log() {} };
  const settings = TasmotaSettings.load(nowhere, tasmotaBuild(sketchIn(flash, chip)!.app)!);
  const { ssid, password } = unitSecrets(unit);
  settings.setText('SSId1', ssid);
  settings.setText('Password1', password);
  settings.setText('DeviceName', `Plug ${unit}`);
  if (set.webPassword != null) settings.setText('WebPassword', set.webPassword);
  flash.set(settings.sealed(), LASTING_SLOT);
  return flash;
}

const state = (
  name: string,
  text: string,
  image: () => Uint8Array,
  set?: Parameters<typeof tasmotaFlash>[2],
): PlugState => ({ name, text, chip: tasmotaChip, flash: (unit) => tasmotaFlash(image(), unit, set) });

/** Plug of 1 MB that runs Tasmota; whatever else is in `firmwares` starts too once it is written. */
export const tasmotaPlug = (firmwares: readonly PlugFirmware[]): VirtualDevice =>
  plugDevice({
    name: 'tasmota-plug',
    title: 'mains plug with Tasmota (ESP8285, 1 MB)',
    states: [
      state('lite-9', 'runs Tasmota 9.2.0 lite, is on its Wi-Fi', practiceLite9),
      state('minimal', 'stuck on the way: runs a minimal build, is on its Wi-Fi', practiceMinimal),
      state('with-password', `web password "${PRACTICE_WEB_PASSWORD}"`, practiceLite9, {
        webPassword: PRACTICE_WEB_PASSWORD,
      }),
      state('old-6.7', 'runs Tasmota 6.7.1: no gzip', practiceTasmota67),
      state('old-8.5', 'runs Tasmota 8.5.1: wants the compatibility marker', practiceTasmota85),
      state('lite-15', 'runs Tasmota 15.5.0 lite: answers nobody without the right Referer', practiceLite15),
      state('full-15', 'runs the full Tasmota 15.5.0', practiceFull15),
      state('ap', 'Tasmota 9.2.0 lite that knows no Wi-Fi yet: its access point is open', practiceLite9, {
        isJoined: false,
      }),
    ],
    firmwares,
    faults: TASMOTA_FAULTS,
    images: [
      {
        file: 'tasmota-lite.bin',
        title: 'practice Tasmota 15.5.0 lite, fits beside what runs',
        flashOffset: 0x0,
        make: practiceLite15,
      },
      {
        file: 'tasmota.bin',
        title: 'practice Tasmota 15.5.0, full: fits only by way of the minimal build, or as gzip',
        flashOffset: 0x0,
        make: practiceFull15,
      },
      {
        file: 'tasmota-minimal.bin',
        title: 'practice Tasmota 15.5.0 minimal, never to stay',
        flashOffset: 0x0,
        make: practiceMinimal,
      },
    ],
  });
