import type { SettingSpec } from '../flow.ts';

/** How an HAA installer goes on to HAA itself; beside them `wifi-ssid` and `wifi-password`. */
export const haaSettings: readonly SettingSpec[] = [
  {
    key: 'accessory',
    title: 'Accessory script of HAA',
    help: 'JSON (MEPLHAA), mostly as @FILE: {"c":{…},"a":[…]}. What the unit is to be in HomeKit.',
    kind: 'text',
  },
  {
    key: 'mirror',
    title: 'Folder with the files of HAA',
    help: 'otamain, haaboot and haamain (.bin and .bin.sec), otaversion, haaversion: the units fetch them from this computer. Empty: from the internet.',
    kind: 'text',
  },
  {
    key: 'mirror-key',
    title: 'Key of who signed the mirror',
    help: 'PEM, as @FILE; empty: HAA itself. Units take only what is signed with the key that is built into them.',
    kind: 'text',
  },
  {
    key: 'haa-minutes',
    title: 'How long HAA is waited for, min',
    help: 'It fetches itself with three to five restarts and says little meanwhile; its power must stay on.',
    kind: 'number',
    min: 0.1,
    max: 60,
    default: '15',
  },
];
