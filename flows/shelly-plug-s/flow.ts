import { plugPages } from '../esp8266-plug-wire/profiles.ts';
import { createShellyFlow } from '../shelly-gen1/create-flow.ts';

export const shellyPlugS = createShellyFlow({
  id: 'shelly-plug-s',
  title: 'Shelly Plug S by network',
  device: 'Shelly Plug S',
  summary:
    'From stock firmware to Tasmota or another ESP8266 image; nothing is opened, both stages come from here.',
  types: ['SHPLG-S'],
  recoveryPages: plugPages('shelly-plug-s'),
});
