import { esp32 } from './chip/esp32.ts';
import { esp8266 } from './chip/esp8266.ts';
import { espDevice, norFlash } from './esp-device.ts';
import { lampFactoryFlash } from './images/lamp-images.ts';
import {
  plugBrickedFlash,
  plugFactoryFlash,
  plugTasmotaFlash,
  practiceTasmota,
} from './images/plug-images.ts';
import { unitMac } from './images/unit-secrets.ts';

const MIB = 1_048_576;
const PLUG_OUI = [0x84, 0xcc, 0xa8] as const;
const WINBOND = [0xef, 0x40] as const;

/** Mains plug with an ESP8266 and 2 MB (Shelly Plug S) or an ESP8285 with 1 MB (Sonoff class). */
export const plugEsp8266 = espDevice({
  name: 'plug-esp8266',
  title: 'mains plug with ESP8266 (2 MB) or ESP8285 (1 MB)',
  flashSizes: [2 * MIB, MIB],
  flashMaker: WINBOND,
  states: [
    {
      name: '2mb',
      text: 'factory state, ESP8266 with 2 MB of flash (Shelly Plug S class)',
      flash: (unit) => plugFactoryFlash(unit, 2 * MIB),
    },
    {
      name: '1mb',
      text: 'factory state, ESP8285 with 1 MB of flash, DOUT only (Sonoff class)',
      flash: (unit) => plugFactoryFlash(unit, MIB),
    },
    { name: 'blank', text: 'erased flash of 2 MB', flash: () => new Uint8Array(2 * MIB).fill(0xff) },
    {
      name: 'tasmota',
      text: 'runs the practice Tasmota already, 2 MB',
      flash: (unit) => plugTasmotaFlash(unit, 2 * MIB),
    },
    {
      name: 'bricked',
      text: 'a conversion over the air failed: the first sector is gone, 2 MB',
      flash: (unit) => plugBrickedFlash(unit, 2 * MIB),
    },
  ],
  images: [
    {
      file: 'plug-tasmota.bin',
      title: 'practice Tasmota for 1 MB, two images in one file, DOUT',
      flashOffset: 0x0,
      make: practiceTasmota,
    },
  ],
  chip: (flash, unit) =>
    esp8266({ mac: unitMac(PLUG_OUI, unit), embeddedFlash: flash.sizeBytes === MIB }, flash),
  otherChip: (unit) =>
    esp32(
      {
        mac: unitMac([0x24, 0x6f, 0x28], unit),
        macCrcValid: true,
        revision: 1,
        flashEncrypted: false,
        secureBoot: false,
        workingFlashModes: [2, 3],
      },
      norFlash(lampFactoryFlash(unit), WINBOND),
    ),
});
