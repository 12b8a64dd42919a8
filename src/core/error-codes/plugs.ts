import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** Plugs on the network, whatever firmware they run. */
export const PLUG_CODES = {
  PLUG_NOT_FOUND: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Nothing answers at this address.',
    advice: 'See that the unit has power and is on this network, and look up its address; then retry.',
    retry: NOTHING_WRITTEN,
  },
  PLUG_BAD_ANSWER: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit answers, but not as its firmware should.',
    advice: 'Power it off and on and retry; the log has its answer.',
    retry: KEEPS_BACKUP,
  },
  PLUG_LOCKED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The unit asks for a password.',
    advice: 'Give it as device-password (a file, the environment or the prompt), or take it off in its app.',
    retry: NOTHING_WRITTEN,
  },
  PLUG_UNKNOWN: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'Something answers at this address, but no firmware that benchflash knows.',
    advice: 'Check the address. If it is the unit, flash it by wire.',
    retry: NOTHING_WRITTEN,
  },
  PLUG_RUNS_OTHER: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The unit runs other firmware than this flow begins with.',
    advice: 'Use the flow for what it runs.',
    retry: NOTHING_WRITTEN,
  },
  TARGET_RUNS_ALREADY: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The unit says that it runs the target firmware already; whether byte for byte, nothing tells.',
    advice: 'Leave it, or use the flow for what it runs now.',
    retry: NOTHING_WRITTEN,
  },
  PLUG_SIGNAL_WEAK: {
    outcome: 'SKIPPED',
    blame: 'bench',
    message: 'The Wi-Fi of the unit is too weak for a transfer that must not break.',
    advice: 'Bring the unit or the access point nearer, then retry.',
    retry: NOTHING_WRITTEN,
  },
  NETWORK_NOT_ISOLATED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message:
      'This takeover image fetches from the internet first, and the network was not said to have none.',
    advice:
      'Use a network without internet and accept it by name (isolated-network), or a takeover image whose URL can be replaced.',
    retry: NOTHING_WRITTEN,
  },
  DOWNLOAD_NOT_STARTED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit accepted the order and fetched nothing: it is untouched.',
    advice:
      'Open the firewall of this computer for the firmware server, turn client isolation of the access point off; then retry.',
    retry: NOTHING_WRITTEN,
  },
  DOWNLOAD_BROKEN: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit did not fetch its firmware whole; its old firmware still answers.',
    advice: 'Bring the unit nearer to the access point, then retry.',
    retry: KEEPS_BACKUP,
  },
  OLD_FIRMWARE_STAYED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit fetched the firmware whole, and the old one answers again.',
    advice: 'Power it off and on and retry; if it stays so, flash it by wire.',
    retry: KEEPS_BACKUP,
  },
  OTHER_FIRMWARE_ANSWERS: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit came back with other firmware than was sent.',
    advice: 'Read in the record what it runs; flash it by wire if it is not usable.',
    retry: KEEPS_BACKUP,
  },
  AT_ACCESS_POINT: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Written; an access point of the new firmware is heard, the firmware itself was not asked.',
    advice: 'Join that access point with a phone, give the unit its Wi-Fi there, then look again.',
    retry: 'Look again asks for the unit on the network and writes nothing.',
  },
  WIFI_NOT_TAKEN: {
    outcome: 'UNSURE',
    blame: 'operator',
    message: 'The new firmware took the Wi-Fi settings and did not come onto the network.',
    advice:
      'Check name and password of the Wi-Fi (2.4 GHz?), give them at its access point, then look again.',
    retry: 'Look again asks for the unit on the network and writes nothing.',
  },
  NEW_FIRMWARE_SILENT: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Written, but the new firmware answers neither on the network nor as an access point.',
    advice: 'Leave the power on for another five minutes and look again.',
    retry: 'Look again asks for the unit and writes nothing.',
  },
} as const satisfies Record<string, ErrorCodeRow>;
