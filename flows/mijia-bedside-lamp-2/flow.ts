import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { createEspFlow } from '../esp-serial/create-flow.ts';
import { esp32Slots } from '../esp-serial/firmware-slots.ts';
import { GPIO0_WAYS, lampPages } from './wiring.ts';

/** Facts of the lamp: the bslamp2 flashing guide (mmakaay/esphome-xiaomi_bslamp2) and espressif/esp-idf#10401. */
export const mijiaBedsideLamp2 = createEspFlow({
  id: 'mijia-bedside-lamp-2',
  title: 'Mijia Bedside Lamp 2 by wire',
  device: 'Mijia Bedside Lamp 2',
  summary:
    'ESP32 lamp (MJCTD02YL): ESPHome or any ESP32 image over four wires, factory firmware kept and restorable.',
  virtualDevice: 'lamp',
  chip: 'ESP32',
  flashSizesBytes: [4 * 2 ** 20],
  needsDout: false,
  firmwareSlots: esp32Slots('ESP32'),
  settings: [
    {
      key: 'gpio0',
      title: 'How GPIO0 is held to GND',
      help: 'Most adapters have one GND pin, and the lamp needs two: one for GND, one for GPIO0.',
      kind: 'choice',
      choices: [
        { value: 'ask', title: 'ask at the first lamp' },
        ...GPIO0_WAYS.map(({ value, title }) => ({ value, title })),
      ],
      default: 'ask',
    },
  ],
  handQuestion: {
    setting: 'gpio0',
    unanswered: 'ask',
    question: {
      id: 'gpio0',
      text: 'The lamp needs GND twice: for GND and for GPIO0. How will you hold GPIO0 to GND?',
      choices: GPIO0_WAYS.map(({ value, title }) => ({ value, title })),
      assume: 'wired',
      assumed: 'hand',
    },
  },
  intoLoader: "Hold GPIO0 to GND, then plug in the lamp's own power supply",
  intoFirmware: "Free GPIO0, unplug the lamp's power for 3 seconds, plug it in again",
  wiringPage: 'wires',
  lastResort: 'flash the DOUT boot set (bootloader, partitions and boot_app0 beside the application)',
  wiringPages: (settings) => lampPages(settings['gpio0']),
  warnings: lampWarnings,
});

function lampWarnings(files: ReadonlyMap<string, InspectedFile>): string[] {
  const parts = [...files.values()].flatMap((file) => file.parts);
  const product = [...files.values()].map((file) => file.product?.name ?? '').join(' ');
  const modes = parts.filter(({ kind }) => kind === 'bootloader').map(({ flashMode }) => flashMode);
  return [
    ...(product.includes('Tasmota')
      ? [
          'Tasmota on this lamp was reported not to work by a user; the backup brings the lamp back. ESPHome is the proven way.',
        ]
      : []),
    ...(modes.some((mode) => mode === 'qio' || mode === 'qout')
      ? [
          'The boot loader in this job reads flash in quad mode; if a lamp does not start with it, use the DOUT set.',
        ]
      : []),
  ];
}
