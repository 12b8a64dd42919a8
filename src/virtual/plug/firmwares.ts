import { shellyGen2 } from '../shelly/gen2.ts';
import { shellyStock } from '../shelly/stock/stock.ts';
import { mgosTakeover } from '../shelly/takeover/takeover.ts';
import { ARDUINO_FIRMWARES } from './arduino-firmwares.ts';
import { haaFirmware } from './haa/firmware.ts';
import type { PlugFirmware } from './plug-firmware.ts';
import { sonoffDiyFirmware } from './sonoff/diy-firmware.ts';

/**
 * Whatever a plug may be flashed with, asked in this order: each device starts all of them, by what stands in its flash.
 * The takeover's intermediate comes last: it is whatever else stands in a Mongoose slot of a Shelly.
 */
export const plugFirmwares: readonly PlugFirmware[] = [
  shellyStock,
  shellyGen2,
  haaFirmware,
  sonoffDiyFirmware,
  ...ARDUINO_FIRMWARES,
  mgosTakeover,
];
