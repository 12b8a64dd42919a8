import type { NamedChoice } from '../../virtual-device.ts';

/** What can go wrong with HAA on its way. Each is also known with the suffix `-once`. */
export const HAA_FAULTS = [
  {
    name: 'portal-timeout',
    text: 'its portal leaves as soon as its page was opened, before anything is saved',
  },
  { name: 'mirror-404', text: 'it asks the update server for files that were renamed there' },
  { name: 'sec-mismatch', text: 'it finds the signature of what it downloaded wrong' },
  { name: 'slow-install', text: 'it downloads 16 KiB a second' },
  { name: 'no-log', text: 'it sends no log to the network' },
  { name: 'new-address', text: 'it gets another address each time it joins the network' },
  { name: 'silent-main', text: 'HAA is installed and starts, but is not heard' },
] as const satisfies readonly NamedChoice[];

export type HaaFault = (typeof HAA_FAULTS)[number]['name'];
