import { bootPlace } from '../../plug/boot/boot-place.ts';
import type { PlugFirmware } from '../../plug/plug-firmware.ts';
import { runningSlot, stockIdentity, textOfBytes } from '../images/firmware-text.ts';
import { shellyModel } from '../models.ts';
import { TakeoverRun } from './takeover-run.ts';

/** A Mongoose OS of another kind that lies in the same two slots: the way back from Tasmota to stock. */
const WAY_BACK = 'tasmota-to-mgos';

/**
 * The intermediate of mgos-to-tasmota. What is started from a Mongoose slot of a Shelly and is no stock firmware is
 * played as this one, so that any takeover zip can be tried.
 */
export const mgosTakeover: PlugFirmware = {
  name: 'mgos-takeover',
  recognizes(flash, chip) {
    if (shellyModel(chip.model) == null || 'dead' in bootPlace(flash, chip)) return false;
    const slot = runningSlot(flash);
    return (
      slot != null && stockIdentity(slot.firmware) == null && !textOfBytes(slot.firmware).includes(WAY_BACK)
    );
  },
  start: (plug) => new TakeoverRun(plug),
};
