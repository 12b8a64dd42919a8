import type { SettingSpec } from '../flow.ts';
import { profileSettings } from '../lywsd03mmc/profile-settings.ts';

export const bleSettings: readonly SettingSpec[] = [
  {
    key: 'token',
    title: 'Mi tokens of bound units',
    help: '24 hex digits, or a JSON file by MAC: {"a4:c1:38:00:11:22": "TOKEN", …}; give it as @FILE.',
    kind: 'secret',
  },
  {
    key: 'mi-keys',
    title: 'Mi keys in the unit',
    help: 'erase: before stock firmware goes back on, since Mi Home refuses (-28, -29) ids made up by an activation here.',
    kind: 'choice',
    choices: [
      { value: 'keep', title: 'left as they are' },
      { value: 'erase', title: 'erased (only pvvx firmware can)' },
    ],
    default: 'keep',
  },
  {
    key: 'listen-seconds',
    title: 'How long a unit is listened for, s',
    help: 'Before it counts as not heard, and after the flash until its proof counts as missing.',
    kind: 'number',
    min: 3,
    max: 600,
    default: '60',
  },
  ...profileSettings,
];
