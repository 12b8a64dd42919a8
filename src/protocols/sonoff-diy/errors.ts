import { BenchError, type ErrorCode } from '../../core/errors.ts';
import type { SonoffCall } from './codec.ts';

type Meaning = readonly [code: ErrorCode, text: string];

/** Errors that every call may be answered with (DIY protocol 1.4 and 2.0). */
const GENERAL: Readonly<Record<number, Meaning>> = {
  400: ['SONOFF_REFUSED', 'it could not read the call'],
  401: ['SONOFF_NOT_DIY', 'it wants its calls encrypted, as on the cloud of its maker'],
  404: ['SONOFF_REFUSED', 'it does not know the call'],
  422: ['SONOFF_REFUSED', 'it does not take what was sent with the call'],
};

const BY_CALL: Readonly<Partial<Record<SonoffCall, Readonly<Record<number, Meaning>>>>> = {
  ota_unlock: {
    500: ['SONOFF_UNLOCK_REFUSED', "its vendor's server does not know it"],
    503: ['SONOFF_UNLOCK_OFFLINE', "it does not reach its vendor's server"],
  },
  ota_flash: {
    403: ['SONOFF_STILL_LOCKED', 'it is locked'],
    408: ['SONOFF_DOWNLOAD_SLOW', 'its download took too long'],
    413: ['SONOFF_TOO_LARGE', 'the image is too large for it'],
    424: ['SONOFF_SERVER_UNREACHED', 'it could not download from this computer'],
    471: ['SONOFF_HASH_WRONG', 'what it downloaded has another hash'],
  },
};

/** What it posts at the end (code of the maker's own tool). */
const POSTED: Readonly<Record<number, Meaning>> = {
  404: ['SONOFF_DOWNLOAD_FAILED', 'its download failed'],
  406: ['SONOFF_DOWNLOAD_FAILED', 'the order to update was wrong for it'],
  409: ['SONOFF_HASH_WRONG', 'what it downloaded has another hash'],
  410: ['SONOFF_DOWNLOAD_FAILED', 'it had an internal error'],
};

/** Of a call that was answered with anything but 0. */
export const callError = (call: SonoffCall, error: number): BenchError =>
  made(BY_CALL[call]?.[error] ?? GENERAL[error], `${call} was answered with error ${error}`, error);

/** Of a result that was posted and is not 0. */
export const postedError = (error: number): BenchError =>
  made(
    POSTED[error] ?? ['SONOFF_DOWNLOAD_FAILED', 'what it means is not known'],
    `the unit posted error ${error}`,
    error,
  );

function made(meaning: Meaning | undefined, what: string, error: number): BenchError {
  const [code, text] = meaning ?? (['SONOFF_REFUSED', 'what it means is not known'] as const);
  return new BenchError(code, {
    message: `${what[0]!.toUpperCase()}${what.slice(1)}: ${text}.`,
    detail: { error },
  });
}
