import { PLUG_FAULTS } from '../plug/plug-unit.ts';
import type { NamedChoice } from '../virtual-device.ts';

/** Faults of a Shelly on its way to other firmware. Each is also known with the suffix `-once`. */
export const SHELLY_FAULTS = [
  // Stock firmware.
  { name: 'auth-401', text: 'its pages are closed by a password that nobody knows' },
  { name: 'accepts-never-fetches', text: 'says "updating" and never fetches anything' },
  { name: 'pending-long', text: 'is "pending" for three minutes before it fetches' },
  { name: 'drops-download', text: 'breaks the download of the zip after 32 KiB' },
  { name: 'ap-fallback', text: 'does not get onto its Wi-Fi at a start: opens its own access point' },
  // The intermediate firmware.
  {
    name: 'falls-back',
    text: 'the new firmware hangs in its first start, and the boot loader goes back to stock',
  },
  { name: 'new-address', text: 'comes back from its restart with another address' },
  {
    name: 'recover-network',
    text: 'does not find its Wi-Fi after the restart; comes back as a station of mgos-recover',
  },
  { name: 'stuck-stage2', text: 'does not reach the server of the target: stays with its listing page' },
  { name: 'restarts-in-stage2', text: 'its watchdog restarts it while its listing page is open' },
  { name: 'slow-stage2', text: 'takes ten bytes of the target a second for the first minute' },
  {
    name: 'drops-target',
    text: 'the download of the target breaks after 64 KiB, which it takes for the end: dead',
  },
  { name: 'huge-segments', text: 'takes 16 KiB in one network event, and loses blocks by it: dead' },
  PLUG_FAULTS.weakSignal,
  PLUG_FAULTS.justPluggedIn,
] as const satisfies readonly NamedChoice[];
