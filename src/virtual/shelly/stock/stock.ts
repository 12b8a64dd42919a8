import type { PlugFirmware } from '../../plug/plug-firmware.ts';
import { bootPlace } from '../../plug/boot/boot-place.ts';
import { runningSlot, stockIdentity } from '../images/firmware-text.ts';
import { StockRun } from './stock-run.ts';

/** Stock firmware of Gen1 Shellies: recognised by what stands in the slot that rboot starts. */
export const shellyStock: PlugFirmware = {
  name: 'shelly-stock',
  recognizes(flash, chip) {
    if ('dead' in bootPlace(flash, chip)) return false;
    const slot = runningSlot(flash);
    return slot != null && stockIdentity(slot.firmware) != null;
  },
  start: (plug) => new StockRun(plug, stockIdentity(runningSlot(plug.flash)!.firmware)!.fw),
};
