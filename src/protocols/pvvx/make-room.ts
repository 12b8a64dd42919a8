import { BenchError, isBenchError } from '../../core/errors.ts';
import { noProgress, type ProgressSink } from '../../core/progress.ts';
import type { PvvxChannel } from './channel.ts';
import { COMMAND } from './opcodes.ts';

/** Where the large image goes; history is lost there. */
const ADDRESS = 0x4_0000;
const STATUS = { started: 2, ready: 3, erased: 4 } as const;
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [0x00, 'its firmware knows of no larger space'],
  [0x01, 'another update is under way in it'],
  [0xfe, 'it does not take this size'],
]);
/** Silence after which no sector is being erased any more (ours; one sector takes less than a second). */
const SECTOR_LIMIT_MS = 30_000;
/** The firmware takes less than 208 KiB and rounds up to 4 (ext_ota.c). */
const MAX_KIB = 207;
const KIB = 1024;
/** Up to version 5.3 sizes of at most 128 KiB must be named as 129. */
const QUIRK_UP_TO = 5.3;
const QUIRK_KIB = 129;

export interface MakeRoomOptions {
  readonly imageBytes: number;
  /** Of the firmware that makes room: `5.8`. */
  readonly version: string;
  readonly progress?: ProgressSink;
}

/**
 * Has pvvx firmware (4.6 and newer) erase the space for an image of more than 128 KiB; the next update goes there.
 * Throws OTA_SPACE_NOT_CLEARED.
 */
export async function makeRoom(
  channel: PvvxChannel,
  { imageBytes, version, progress = noProgress }: MakeRoomOptions,
): Promise<void> {
  const sizeKib = roomKib(imageBytes, version);
  const request = new Uint8Array(8);
  const view = new DataView(request.buffer);
  view.setUint32(0, ADDRESS, true);
  view.setUint32(4, sizeKib, true);
  const total = sizeKib * KIB;
  const report = (done: number) =>
    progress({ label: 'making room for the large image', done: Math.min(done, total), total, unit: 'bytes' });
  report(0);
  await channel.tell(COMMAND.extendedOta, request);
  for (;;) {
    const { status, address } = await nextStatus(channel);
    if (status === STATUS.ready) break;
    if (status === STATUS.erased) report(address - ADDRESS);
    else if (status !== STATUS.started) throw notCleared(REFUSALS.get(status) ?? `answer ${status}`);
  }
  report(total);
}

/** Size that is asked for, KiB. */
export function roomKib(imageBytes: number, version: string): number {
  const kib = Math.min(Math.ceil(imageBytes / (4 * KIB)) * 4, MAX_KIB);
  return Number.parseFloat(version) <= QUIRK_UP_TO ? Math.max(kib, QUIRK_KIB) : kib;
}

async function nextStatus(channel: PvvxChannel): Promise<{ status: number; address: number }> {
  try {
    const data = await channel.reply(COMMAND.extendedOta, SECTOR_LIMIT_MS);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    return { status: data[0] ?? 0, address: data.length >= 5 ? view.getUint32(1, true) : 0 };
  } catch (error) {
    if (!isBenchError(error, 'PVVX_NO_ANSWER')) throw error;
    throw new BenchError('OTA_SPACE_NOT_CLEARED', {
      message:
        'The unit stopped in the middle of making room for the large image: its cell is weak, most often.',
      cause: error,
    });
  }
}

const notCleared = (why: string): BenchError =>
  new BenchError('OTA_SPACE_NOT_CLEARED', {
    message: `The unit does not make room for the large image (${why}).`,
  });
