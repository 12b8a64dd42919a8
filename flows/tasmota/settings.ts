import type { SettingSpec } from '../flow.ts';
import { haaSettings } from '../haa/settings.ts';
import { devicePassword, wifiSettings } from '../network-plug/index.ts';

export const tasmotaSettings: readonly SettingSpec[] = [
  devicePassword,
  {
    key: 'method',
    title: 'How the image gets to the unit',
    help: 'upload: sent to its update page. url: it fetches it from this computer.',
    kind: 'choice',
    choices: [
      { value: 'upload', title: 'sent to its update page' },
      { value: 'url', title: 'fetched by the unit from this computer' },
    ],
    default: 'upload',
  },
  {
    key: 'way',
    title: 'Through minimal',
    help: 'auto: where the target does not fit beside what runs, or could not be told from it. The settings are kept.',
    kind: 'choice',
    choices: [
      { value: 'auto', title: 'where it is needed' },
      { value: 'direct', title: 'never' },
      { value: 'minimal', title: 'always' },
    ],
    default: 'auto',
  },
  {
    key: 'patch',
    title: 'A changed copy where the unit wants one',
    help: 'Flash size in the header, compatibility marker of 7.1.2 to 9. The copy is kept in the records; signed images are never changed.',
    kind: 'choice',
    choices: [
      { value: 'ask', title: 'asked when a unit wants one' },
      { value: 'yes', title: 'made, kept and sent' },
      { value: 'no', title: 'never' },
    ],
    default: 'ask',
  },
  {
    key: 'template',
    title: 'Template of the board',
    help: 'JSON as the public lists have it, or @FILE: {"NAME":"…","GPIO":[…],"FLAG":0,"BASE":18}. Applied after the proof.',
    kind: 'text',
  },
  {
    key: 'unit-name',
    title: 'Name of the unit',
    help: 'Empty: as it is. {number} is the number of the run, {last6} the end of the MAC, e.g. Plug {number}.',
    kind: 'text',
  },
  {
    key: 'commands',
    title: 'Commands after the proof',
    help: 'One on each line, best as @FILE: SetOption65 1, PowerOnState 3, …',
    kind: 'text',
  },
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
  ...haaSettings,
];
