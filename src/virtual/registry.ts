import { BenchError } from '../core/errors.ts';
import { dafang, dafangConsole } from './dafang/dafang.ts';
import { lamp } from './esp/lamp.ts';
import { plugEsp8266 } from './esp/plug-esp8266.ts';
import { esphomePlug } from './plug/esphome/esphome-plug.ts';
import { plugFirmwares } from './plug/firmwares.ts';
import { haaPlug } from './plug/haa/haa-plug.ts';
import { sonoffDiyPlug } from './plug/sonoff/sonoff-diy-plug.ts';
import { tasmotaPlug } from './plug/tasmota/tasmota-plug.ts';
import { shellyPlugS } from './shelly/shelly.ts';
import { startFirmware } from './thermometer/firmware/start-firmware.ts';
import { thermometer } from './thermometer/thermometer.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** Every kind of virtual device; a new one is its own folder and one line here. */
export const virtualDevices: readonly VirtualDevice[] = [
  lamp,
  plugEsp8266,
  thermometer(startFirmware),
  dafang,
  dafangConsole,
  shellyPlugS,
  tasmotaPlug(plugFirmwares),
  haaPlug,
  sonoffDiyPlug,
  esphomePlug(plugFirmwares),
];

/** The device as it is on a programmer. Throws LINK_UNKNOWN where it is not reached that way. */
export function onProgrammer(device: VirtualDevice): VirtualDevice {
  if (device.createProgrammerUnit != null)
    return { ...device, createSerialUnit: (options) => device.createProgrammerUnit!(options) };
  throw new BenchError('LINK_UNKNOWN', {
    message: `virtual:${device.name} has no flash chip that a programmer reaches.`,
  });
}

/** Throws USAGE naming the known ones. */
export function findVirtualDevice(name: string): VirtualDevice {
  const device = virtualDevices.find((each) => each.name === name);
  if (device) return device;
  throw new BenchError('USAGE', {
    message: `There is no virtual device "${name}".`,
    advice: `Known: ${virtualDevices.map((each) => each.name).join(', ')}.`,
  });
}
