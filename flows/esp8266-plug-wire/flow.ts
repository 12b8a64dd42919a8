import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { createEspFlow } from '../esp-serial/create-flow.ts';
import { esp8266Slots } from '../esp-serial/firmware-slots.ts';
import { plugPages, PROFILES } from './profiles.ts';

export const esp8266PlugWire = createEspFlow({
  id: 'esp8266-plug-wire',
  title: 'ESP8266 plug by wire',
  device: 'Shelly Plug S, Sonoff Mini and Basic, Gosund SP111',
  summary: 'ESP8266/ESP8285 plugs over five wires, those bricked by a failed over-the-air conversion too.',
  virtualDevice: 'plug-esp8266',
  chip: 'ESP8266',
  flashSizesBytes: [2 ** 20, 2 * 2 ** 20, 4 * 2 ** 20],
  needsDout: true,
  firmwareSlots: esp8266Slots(),
  settings: [
    {
      key: 'profile',
      title: 'Which plug',
      help: 'Chooses the wiring pages.',
      kind: 'choice',
      choices: PROFILES.map(({ id, title, flash }) => ({ value: id, title: `${title} (${flash})` })),
      default: 'shelly-plug-s',
    },
  ],
  intoLoader: 'UNPLUGGED FROM MAINS: hold GPIO0 to GND, then give it 3.3 V',
  intoFirmware: 'Free GPIO0, take the 3.3 V off for 3 seconds, give it again',
  wiringPage: 'wires',
  lastResort: 'set flash-mode=dout',
  wiringPages: (settings) => plugPages(settings['profile']),
  warnings: plugWarnings,
});

function plugWarnings(files: ReadonlyMap<string, InspectedFile>): string[] {
  const minimal = [...files.values()].find(
    ({ product }) => product?.name === 'Tasmota' && product.variant === 'minimal',
  );
  return minimal
    ? [
        `${minimal.title} is only a step on the way: it has no settings to speak of. Flash a full image by wire.`,
      ]
    : [];
}
