import type { SettingSpec } from '../flow.ts';

export const dafangSettings: readonly SettingSpec[] = [
  {
    key: 'chip',
    title: 'Marking on the flash chip',
    help: 'Only where several chips share one id, e.g. GD25Q127C; empty asks. The answer is kept in the job.',
    kind: 'text',
    default: '',
  },
  {
    key: 'ram',
    title: 'RAM of the camera',
    help: 'mem, ispmem and rmem in /proc/cmdline add up to it; auto takes what its own boot loader is made for.',
    kind: 'choice',
    choices: [
      { value: 'auto', title: 'as its own boot loader says' },
      { value: '128', title: '128 MB' },
      { value: '64', title: '64 MB' },
    ],
    default: 'auto',
  },
  {
    key: 'console',
    title: 'Console to watch the start on',
    help: 'A serial link, e.g. /dev/ttyUSB0: the chip goes back and the start of the camera is watched. Empty: the run ends with the read-back.',
    kind: 'text',
    linkKinds: ['serial', 'socket', 'rfc2217', 'virtual'],
    default: '',
  },
];
