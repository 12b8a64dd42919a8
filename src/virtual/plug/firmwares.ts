import { haaFirmware } from './haa/firmware.ts';
import type { PlugFirmware } from './plug-firmware.ts';
import { sonoffDiyFirmware } from './sonoff/diy-firmware.ts';
import { tasmota } from './tasmota/tasmota.ts';

/** Whatever a plug may be flashed with: each device starts all of them, by what stands in its flash. */
export const plugFirmwares: readonly PlugFirmware[] = [haaFirmware, sonoffDiyFirmware, tasmota];
