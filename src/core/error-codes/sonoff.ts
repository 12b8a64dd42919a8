import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

const SENDS_AGAIN = 'A retry starts again at detect; what the unit downloaded is replaced.';

/** Sonoff plugs and switches in DIY mode: what they answer, the unlock by their vendor, their own download. */
export const SONOFF_CODES = {
  SONOFF_NOT_DIY: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The unit is a Sonoff, but not in DIY mode.',
    advice:
      'Hold its button 5 s, then 5 s again, and give it the Wi-Fi at its access point ITEAD-… (10.10.7.1); older ones take a jumper. Then retry.',
    retry: NOTHING_WRITTEN,
  },
  SONOFF_MAC_UNKNOWN: {
    outcome: 'SKIPPED',
    blame: 'bench',
    message: 'Which unit this is cannot be told: it does not say its MAC, and no ARP table here knows it.',
    advice: 'Connect this computer to the same network as the unit (no router in between), then retry.',
    retry: NOTHING_WRITTEN,
  },
  SONOFF_REFUSED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit did not take a call of its own protocol.',
    advice: 'Power it off and on, then retry; the log has its answer.',
    retry: NOTHING_WRITTEN,
  },
  SONOFF_UNLOCK_OFFLINE: {
    outcome: 'SKIPPED',
    blame: 'bench',
    message: "The unit is locked and does not reach its vendor's server, which has to unlock it.",
    advice: 'Give its network a way to the internet until it is unlocked (it stays unlocked); then retry.',
    retry: NOTHING_WRITTEN,
  },
  SONOFF_UNLOCK_REFUSED: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: "The vendor's server does not unlock this unit.",
    advice: 'Retry in an hour; if it stays so, flash the unit by wire.',
    retry: NOTHING_WRITTEN,
  },
  SONOFF_STILL_LOCKED: {
    outcome: 'SKIPPED',
    blame: 'device',
    message: 'The unit says that it is locked, though it was asked to have itself unlocked.',
    advice: 'See that its network leads to the internet, power it off and on, then retry.',
    retry: NOTHING_WRITTEN,
  },
  SONOFF_DOWNLOAD_SLOW: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit gave its download up: it took too long (error 408).',
    advice: 'Keep the power on, bring the unit nearer to the access point, then retry.',
    retry: SENDS_AGAIN,
  },
  SONOFF_TOO_LARGE: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The unit finds the image too large (error 413).',
    advice: 'Choose a smaller image: 508 KB is the most that any of them takes.',
    retry: SENDS_AGAIN,
  },
  SONOFF_SERVER_UNREACHED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The unit could not download from this computer (error 424).',
    advice:
      'Keep the power on, open the firewall of this computer for the firmware server, turn client isolation of the access point off; then retry.',
    retry: SENDS_AGAIN,
  },
  SONOFF_HASH_WRONG: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'What the unit downloaded has another hash than the image (error 471 or 409).',
    advice: 'Keep the power on: a restart now may leave it dead. Retry, so that the image is sent again.',
    retry: SENDS_AGAIN,
  },
  SONOFF_DOWNLOAD_FAILED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit says that its update did not succeed.',
    advice: 'Keep the power on, bring the unit nearer to the access point, then retry.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
