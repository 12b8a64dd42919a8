import type { SettingSpec } from '../flow.ts';
import { devicePassword, wifiSettings } from '../network-plug/index.ts';

export const espHomeSettings: readonly SettingSpec[] = [
  {
    key: 'ota-password',
    title: 'Update password of the units',
    help: 'That of ota: in the YAML of what runs now; given as @FILE, in BENCHFLASH_OTA_PASSWORD or at the prompt.',
    kind: 'secret',
  },
  {
    key: 'method',
    title: 'How the image gets to the unit',
    help: 'ota: by the update port of ESPHome. web: by the page of its web server.',
    kind: 'choice',
    choices: [
      { value: 'ota', title: 'the update port of ESPHome' },
      { value: 'web', title: 'the page of its web server' },
    ],
    default: 'ota',
  },
  devicePassword,
  {
    key: 'wait-seconds',
    title: 'How long a unit is waited for, s',
    help: 'From the end of the transfer until its proof counts as missing; it must not be unplugged meanwhile.',
    kind: 'number',
    min: 5,
    max: 900,
    default: '120',
  },
  ...wifiSettings,
];
