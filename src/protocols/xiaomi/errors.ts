import { BenchError } from '../../core/errors.ts';
import { parcelName } from './opcodes.ts';
import { ACK } from './parcel.ts';

export const miSilent = (waitedFor: string, limitMs: number): BenchError =>
  new BenchError('MI_NO_ANSWER', {
    message: `The unit did not send ${waitedFor} within ${limitMs / 1000} s: its cell is weak, it is at the edge of reach, or its firmware (2.x) waits for keys from the vendor's cloud.`,
    detail: { waitedFor, limitMs },
  });

export const miBadMessage = (what: string, cause?: unknown): BenchError =>
  new BenchError('MI_BAD_MESSAGE', { message: `The unit answered out of order: ${what}.`, cause });

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [ACK.busy, 'it is busy, with another app perhaps'],
  [ACK.timeout, 'it waited too long for our bytes'],
  [ACK.cancel, 'it gave up'],
]);

export const transferRefused = (type: number, status: number): BenchError =>
  new BenchError('MI_TRANSFER_REFUSED', {
    message: `The unit did not take the message "${parcelName(type)}": ${REFUSALS.get(status) ?? `status ${status}`}.`,
    detail: { message: parcelName(type), status },
  });

export const framesLost = (type: number, missing: readonly number[]): BenchError =>
  new BenchError('MI_FRAMES_LOST', {
    message: `Frames of the message "${parcelName(type)}" were lost again and again (missing: ${missing.slice(0, 8).join(', ')}).`,
    detail: { message: parcelName(type), missing: missing.length },
  });

export const needsCloudKeys = (askedFor: string, cause?: unknown): BenchError =>
  new BenchError('MI_NEEDS_CLOUD_KEYS', {
    message: `The unit asks for ${askedFor}: only the vendor's cloud can activate this firmware.`,
    next: 'lywsd03mmc-wire',
    cause,
  });
