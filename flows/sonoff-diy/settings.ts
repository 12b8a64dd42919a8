import type { SettingSpec } from '../flow.ts';
import { wifiSettings } from '../network-plug/index.ts';

export const sonoffSettings: readonly SettingSpec[] = [
  {
    key: 'patch',
    title: 'A changed copy where the units want one',
    help: 'Flash mode DOUT and flash size 1 MB in the header. The copy is kept in the records; signed images are never changed.',
    kind: 'boolean',
    default: 'no',
  },
  ...wifiSettings,
];
