import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** Bluetooth: the radio of this computer, and its connections. */
export const BLUETOOTH_CODES = {
  BLUETOOTH_UNAVAILABLE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This computer has no Bluetooth that benchflash can use.',
    advice: 'Run benchflash doctor: it says what is missing and how to get it.',
    retry: NOTHING_WRITTEN,
  },
  BLUETOOTH_OFF: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The Bluetooth adapter is switched off or may not be used.',
    advice: 'Switch Bluetooth on (rfkill unblock bluetooth) and retry.',
    retry: KEEPS_BACKUP,
  },
  BLE_CONNECT_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The unit does not take a connection: out of reach, its cell is weak, or another device holds it.',
    advice: 'Bring it nearer, close other apps that use it, put in a fresh cell; then retry.',
    retry: KEEPS_BACKUP,
  },
  BLE_LINK_LOST: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The Bluetooth connection broke.',
    advice: 'Bring the unit nearer or put in a fresh cell; then retry.',
    retry: KEEPS_BACKUP,
  },
  BLE_NO_ANSWER: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The unit holds the Bluetooth connection and does not answer.',
    advice: 'Take its battery out and put it in again; then retry.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
