import { createShellyFlow } from './create-flow.ts';

/** The other models of the first generation: the takeover archive decides which one a batch is for. */
export const shellyGen1 = createShellyFlow({
  id: 'shelly-gen1',
  title: 'Other Shelly Gen1 by network',
  device: 'Shelly 1, 1PM, 2.5, Plug, Dimmer, bulbs',
  summary: 'From stock firmware to another ESP8266 image, by the takeover archive of exactly its model.',
  recoveryPages: [],
});
