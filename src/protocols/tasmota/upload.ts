import { BenchError, isBenchError } from '../../core/errors.ts';
import type { TasmotaClient } from './client.ts';
import { uploadError } from './upload-errors.ts';
import { parseUploadPage } from './upload-page.ts';

export interface TasmotaUpload {
  /** Name in the form: letters, digits, `.`, `-`, `_`. */
  readonly fileName: string;
  readonly content: Uint8Array;
  /** Bytes of the form that have left for the unit. */
  readonly onSent: (bytes: number, totalBytes: number) => void;
  /** Called once, right before the first byte of the file can reach the unit. */
  readonly beforeSend?: () => Promise<void>;
}

/**
 * `unknown`: the image is gone out whole or nearly so and no answer came. The unit may have it all the same: only its
 * result page is protected by password and Referer, the receiving loop is not, and the next restart puts the image in.
 */
export type UploadEnd = { readonly kind: 'accepted' } | { readonly kind: 'unknown'; readonly why: string };

/** The last bytes wait for the unit to erase and check, ms: error 6 came after 12 s on a slow flash chip. */
const RESULT_LIMIT_MS = 30_000;

/**
 * Sends an image. `/up` comes first, always: it sets what the unit takes the next upload for, and whoever was on its
 * pages last may have left it at settings. Throws one of the TASMOTA_* codes of the result page, and what the network
 * throws while the unit cannot have it whole.
 */
export async function uploadImage(client: TasmotaClient, upload: TasmotaUpload): Promise<UploadEnd> {
  await client.page('/up');
  return send(client, upload);
}

/** Sends a settings backup; the unit restarts with it. Throws as `uploadImage` does. */
export async function uploadSettings(client: TasmotaClient, upload: TasmotaUpload): Promise<UploadEnd> {
  await client.page('/rs');
  return send(client, upload);
}

async function send(client: TasmotaClient, upload: TasmotaUpload): Promise<UploadEnd> {
  const { fileName, content } = upload;
  await upload.beforeSend?.();
  try {
    const answer = await client.post(
      { field: 'u2', fileName, content },
      (bytes, totalBytes) => upload.onSent(bytes, totalBytes),
      RESULT_LIMIT_MS,
    );
    const result = parseUploadPage(answer.text());
    if (result.kind === 'refused') throw uploadError(result);
    if (result.kind === 'accepted') return { kind: 'accepted' };
    // A 401 or a main page in place of the result: the image may be staged for all that.
    return { kind: 'unknown', why: `the answer was no result page (HTTP status ${answer.status})` };
  } catch (error) {
    if (!isBenchError(error, 'HTTP_RESET', 'HTTP_NO_ANSWER', 'HTTP_BAD_ANSWER', 'HTTP_CLOSED')) throw error;
    const { connected, sentAll, sentBytes } = error.detail;
    if (connected === false) throw error;
    // `sentAll` counts what has left for the unit: less than all of it cannot have arrived.
    if (sentAll !== false) return { kind: 'unknown', why: error.message };
    throw new BenchError('TASMOTA_UPLOAD_ABORTED', {
      message: `The connection was lost in the middle of the image: ${error.message}`,
      detail: { sentBytes: sentBytes ?? 0 },
      cause: error,
    });
  }
}

/** Settings of the unit, as its backup page gives them. Minimal has no such page: PLUG_BAD_ANSWER with status 404. */
export async function downloadSettings(client: TasmotaClient): Promise<Uint8Array> {
  return (await client.page('/dl')).body;
}
