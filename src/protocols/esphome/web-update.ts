import { BenchError } from '../../core/errors.ts';
import type { HttpAnswer } from '../../drivers/http/port.ts';
import { ask, quoted, refuseLocked, type PlugPeer } from '../plugs/talk.ts';
import { isLostConnection } from './answers.ts';

export interface WebUpdate {
  readonly fileName: string;
  readonly image: Uint8Array;
  /** Called right before the first byte can reach the unit. */
  readonly beforeData: () => Promise<void>;
  /** Bytes of the form that have left for the unit. */
  readonly onSent: (bytes: number, totalBytes: number) => void;
}

/** As `OtaEnd` of the update port. */
export type WebEnd = { readonly kind: 'accepted' } | { readonly kind: 'unknown'; readonly why: string };

/** The last bytes wait for the unit to erase and check, ms. */
const RESULT_LIMIT_MS = 90_000;

/**
 * Sends an image to the page of `web_server` (`POST /update`, one file in whatever field). Throws ESPHOME_WEB_REFUSED,
 * ESPHOME_WEB_CLOSED, PLUG_LOCKED, ESPHOME_UPLOAD_BROKEN, and what the network throws before that.
 */
export async function updateByWeb(peer: PlugPeer, update: WebUpdate): Promise<WebEnd> {
  const { fileName, image, beforeData, onSent } = update;
  await beforeData();
  let answer: HttpAnswer;
  try {
    answer = await ask(peer, {
      method: 'POST',
      path: '/update',
      body: { field: 'update', fileName, content: image },
      silenceLimitMs: RESULT_LIMIT_MS,
      onSent,
    });
  } catch (error) {
    if (!isLostConnection(error) || error.detail['sentAll'] === undefined) throw error;
    if (error.detail['sentAll'] === true) return { kind: 'unknown', why: error.message };
    throw new BenchError('ESPHOME_UPLOAD_BROKEN', {
      message: `The connection was lost in the middle of the image: ${error.message}`,
      cause: error,
    });
  }
  refuseLocked(answer);
  if ([403, 404, 405, 501].includes(answer.status)) throw new BenchError('ESPHOME_WEB_CLOSED');
  const text = answer.text();
  // The status is 200 in both cases.
  if (/Update Successful!/.test(text)) return { kind: 'accepted' };
  if (/Update Failed/.test(text))
    throw new BenchError('ESPHOME_WEB_REFUSED', { message: `The unit says: ${quoted(answer)}` });
  return {
    kind: 'unknown',
    why: `the answer was no result of an update (${answer.status}): ${quoted(answer)}`,
  };
}
