import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

const LISTENS_AGAIN = 'Look again listens for the unit and writes nothing.';

/** HAA: its portal, the way from the installer to the firmware itself. */
export const HAA_CODES = {
  HAA_PORTAL_UNREADABLE: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The page at this address is not the set-up page of an HAA installer.',
    advice: 'Cut the power of the unit for ten seconds, wait for its access point HAA-…, then retry.',
    retry: KEEPS_BACKUP,
  },
  HAA_PORTAL_GONE: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The access point of the unit is not there, and the unit is not heard in the network either.',
    advice:
      'Wait five minutes: an installer without Wi-Fi opens its access point again. Only then cut its power for ten seconds and retry.',
    retry: NOTHING_WRITTEN,
  },
  HAA_BUSY: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit is at work in the network: it downloads, and its set-up page is closed meanwhile.',
    advice: 'Leave it powered for 15 minutes, then retry.',
    retry: NOTHING_WRITTEN,
  },
  HAA_OTAMAIN_PORTAL: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'This is the set-up page of the updater (OTAMAIN): it takes no accessory script.',
    advice: 'Leave it powered until it restarts by itself, then retry.',
    retry: NOTHING_WRITTEN,
  },
  HAA_TAKES_NO_MIRROR: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'This installer is too old to be sent to a server of the bench: it takes no port.',
    advice: 'Install without mirror, from the internet; or flash a newer fullhaaboot by wire.',
    retry: NOTHING_WRITTEN,
  },
  HAA_UNSAVED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit did not take what was to be saved: its set-up page is still there.',
    advice: 'Bring this computer and the unit nearer to each other, then retry.',
    retry: NOTHING_WRITTEN,
  },
  HAA_MIRROR_UNREACHED: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'The unit was told to fetch HAA from this computer and did not come.',
    advice:
      'Leave it powered; let it reach this computer (same network, host firewall open, Wi-Fi password right) and look again.',
    retry: LISTENS_AGAIN,
  },
  HAA_STRANDED: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'The installer runs and could not fetch what it needs.',
    advice:
      'Switch the router of the unit off for five minutes: the unit opens its set-up page again; then retry with a server that has all files.',
    retry: LISTENS_AGAIN,
  },
  HAA_NOT_HEARD: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'The installer was set up, but HAA itself was not heard in its 15 minutes.',
    advice: 'Leave it powered and look again; do not cut its power while its LED blinks.',
    retry: LISTENS_AGAIN,
  },
} as const satisfies Record<string, ErrorCodeRow>;
