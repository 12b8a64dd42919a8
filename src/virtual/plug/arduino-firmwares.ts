import { espurna } from './espurna/espurna.ts';
import { esphome } from './esphome/esphome.ts';
import type { PlugFirmware } from './plug-firmware.ts';
import { tasmota } from './tasmota/tasmota.ts';
import { updateServer } from './update-server/update-server.ts';

/** What the boot loader of the Arduino core can start on a plug; a new one is a folder and one line here. */
export const ARDUINO_FIRMWARES: readonly PlugFirmware[] = [tasmota, esphome, espurna, updateServer];
