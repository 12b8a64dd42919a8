import type { LoaderChannel } from './channel.ts';
import { OP } from './opcodes.ts';
import { decodeResponse, encodeSync } from './packet.ts';
import { TIMEOUT } from './timeouts.ts';
import type { LoaderMode } from './types.ts';

/** ROM and stub answer one SYNC eight times. */
const SYNC_REPLIES = 8;
/** Silence after which no more replies of one SYNC are expected, ms (eight take 10 ms at 115200). */
const REPLIES_GAP_MS = 50;

export interface SyncOptions {
  /** ms; default the 100 ms of esptool. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * Puts one more C0 in front. Stub v2 toggles between inside and outside a frame at every C0, also at an empty
   * frame, so one lost or invented delimiter leaves it deaf for ever: it hears every frame as the gap between two
   * (esp-flasher-stub 1.1.0 slip.c). One odd C0 turns it round again.
   */
  readonly flip?: boolean;
}

/**
 * One SYNC. Says who answered (a stub answers with value 0 in all replies), or undefined when nobody did. Consumes
 * the other seven replies: leftovers are the classic cause of a conversation out of step.
 */
export async function syncOnce(
  channel: LoaderChannel,
  options: SyncOptions = {},
): Promise<LoaderMode | undefined> {
  const signal = options.signal == null ? {} : { signal: options.signal };
  channel.dropFrames();
  const sending = channel.send(encodeSync(), options.flip);
  sending.catch(() => {});
  let replies = 0;
  let anyValue = false;
  while (replies < SYNC_REPLIES) {
    const timeoutMs = replies === 0 ? (options.timeoutMs ?? TIMEOUT.sync) : REPLIES_GAP_MS;
    const frame = await channel.nextFrame(timeoutMs, { ...signal, after: sending });
    if (frame == null) break;
    const response = decodeResponse(frame);
    if (response?.op !== OP.sync || response.body.length < 2 || response.body[0] !== 0) continue;
    replies++;
    anyValue ||= response.value !== 0;
  }
  if (replies === 0) return undefined;
  channel.dropFrames();
  return anyValue ? 'rom' : 'stub';
}

/**
 * SYNC until somebody answers, at most `tries` times, each with `pauseMs` of silence after it. Every second try
 * from the third on flips the framing of a stub (see `SyncOptions.flip`).
 */
export async function syncRepeatedly(
  channel: LoaderChannel,
  options: SyncOptions & { readonly tries: number; readonly pauseMs?: number },
): Promise<LoaderMode | undefined> {
  for (let attempt = 0; attempt < options.tries; attempt++) {
    const mode = await syncOnce(channel, { ...options, flip: isFlipTry(attempt) });
    if (mode != null) return mode;
    await channel.clock.sleep(options.pauseMs ?? 50, options.signal);
  }
  return undefined;
}

/** Plain, plain, flipped, plain, flipped … finds a stub in either state (a flip from the right one is undone by the next). */
export const isFlipTry = (attempt: number): boolean => attempt >= 2 && attempt % 2 === 0;
