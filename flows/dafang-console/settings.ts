import type { SettingSpec } from '../flow.ts';

export const consoleSettings: readonly SettingSpec[] = [
  {
    key: 'source',
    title: 'How the firmware comes to the camera',
    help: 'SD card with demo.bin in its root: about a minute. Over the console by YMODEM: 16 min for demo.bin.',
    kind: 'choice',
    choices: [
      { value: 'auto', title: 'from the SD card, without one over the console' },
      { value: 'sd', title: 'from the SD card' },
      { value: 'serial', title: 'over the console' },
    ],
    default: 'auto',
  },
  {
    key: 'dump',
    title: 'What is read for the backup',
    help: 'config and para take under 4 min at 115200; the whole chip up to 2 h.',
    kind: 'choice',
    choices: [
      { value: 'identity', title: 'config and para (MAC, keys, settings)' },
      { value: 'whole', title: 'the whole chip too' },
    ],
    default: 'identity',
  },
];
