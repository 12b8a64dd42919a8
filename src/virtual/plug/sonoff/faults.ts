import type { NamedChoice } from '../../virtual-device.ts';

/** What can go wrong with a Sonoff in DIY mode. Each is also known with the suffix `-once`. */
export const DIY_FAULTS = [
  { name: 'error-403', text: 'it forgets that it was unlocked (error 403)' },
  { name: 'error-408', text: 'it gives the first download up for too slow (error 408)' },
  { name: 'error-413', text: 'it finds the image too large (error 413)' },
  { name: 'error-424', text: 'it does not reach the server (error 424)' },
  { name: 'error-471', text: 'it finds the hash of what it downloaded wrong (error 471)' },
  { name: 'unlock-500', text: 'the vendor refuses to unlock it (error 500)' },
  { name: 'unlock-empty', text: 'it ends the connection instead of answering to the unlock' },
  { name: 'host-bug', text: 'it names another host in its requests, as 3.5 and 3.6 do' },
  { name: 'data-as-string', text: 'it gives "data" as a text of JSON, as 1.4 does' },
  { name: 'never-posts', text: 'it does not tell the server how it ended' },
  { name: 'drops-download', text: 'it stops downloading in the middle and tells so (error 404)' },
  { name: 'new-address', text: 'it gets another address each time it joins the network' },
] as const satisfies readonly NamedChoice[];

export type DiyFault = (typeof DIY_FAULTS)[number]['name'];
