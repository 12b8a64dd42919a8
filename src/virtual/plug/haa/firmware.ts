import type { PlugFirmware } from '../plug-firmware.ts';
import { chosenApp, hasRboot } from './app-image.ts';
import { runInstaller } from './installer.ts';
import { runMain } from './main-firmware.ts';

const DOUT = 3;

/** HAA with its boot loader: rboot, and of the two slots what it starts; installer or HAA itself. */
export const haaFirmware: PlugFirmware = {
  name: 'haa',
  recognizes(flash, chip) {
    if (!hasRboot(flash) || (chip.onlyDout && flash[2] !== DOUT)) return false;
    return chosenApp(flash, undefined) != null;
  },
  start(plug) {
    const { rbootOnceSlot } = plug.rtc;
    plug.rtc.rbootOnceSlot = undefined;
    const app = chosenApp(plug.flash, rbootOnceSlot)!;
    return app.part === 'haamain' ? runMain(plug, app) : runInstaller(plug, app);
  },
};
