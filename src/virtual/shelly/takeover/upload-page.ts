import { textPage, type PageReply, type PageRequest } from '../../plug/http/pages.ts';
import { fetchOver } from '../../plug/http/fetch.ts';
import { MongooseUpdate } from '../mongoose/update.ts';
import { UpdateRefused } from '../mongoose/zip-stream.ts';
import type { TakeoverRun } from './takeover-run.ts';

const SEGMENT_BYTES = 1460;
const RESTART_MS = 500;

/** `/update` of the Mongoose HTTP OTA server (reference 1.5). */
export async function answerUpdate(run: TakeoverRun, request: PageRequest): Promise<PageReply> {
  const { path, parameters } = request;
  if (path === '/update/commit' || path === '/update/revert') return textPage(200, 'Ok');
  const url = parameters.get('url');
  const archive = url == null ? archiveOf(request) : undefined;
  if (url == null && archive == null) return textPage(400, 'invalid request');
  if (run.isUpdating) return textPage(409, 'Another update is in progress.');
  run.isUpdating = true;
  try {
    const update = new MongooseUpdate(run.plug, { version: '0.4.6', build_id: '' }, (text) =>
      run.plug.log(text),
    );
    const pieces = archive == null ? await piecesAt(run, url!) : piecesOf(archive);
    for await (const piece of pieces) {
      await update.feed(piece);
      if (update.isWhole) break;
    }
    await update.finish();
  } catch (error) {
    run.isUpdating = false;
    const reason = error instanceof Error ? error.message : String(error);
    run.plug.log(`update failed: ${reason}`);
    return textPage(400, `-1 ${reason}`);
  }
  return {
    ...textPage(200, '1 Update applied, rebooting'),
    afterwards: () => void run.plug.wait(RESTART_MS).then(() => run.plug.restart()),
  };
}

async function piecesAt(run: TakeoverRun, url: string): Promise<AsyncIterable<Uint8Array>> {
  const fetching = await fetchOver(run.plug.wifi, {
    url: new URL(url),
    headerLines: ['Connection: close', 'Range: bytes=0-'],
    eventBytes: SEGMENT_BYTES,
  });
  if (fetching.head.status === 200 || fetching.head.status === 206) return fetching.body;
  fetching.close();
  throw new UpdateRefused('Invalid HTTP response code');
}

async function* piecesOf(archive: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < archive.length; at += SEGMENT_BYTES) yield archive.subarray(at, at + SEGMENT_BYTES);
}

/** The file of a form, whatever its field is called. */
function archiveOf({ headers, body }: PageRequest): Uint8Array | undefined {
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary == null) return undefined;
  const form = Buffer.from(body.buffer, body.byteOffset, body.length);
  for (let at = form.indexOf(`--${boundary}`); at >= 0;) {
    const headEnd = form.indexOf('\r\n\r\n', at);
    const next = form.indexOf(`\r\n--${boundary}`, at + 1);
    if (headEnd < 0 || next < 0) return undefined;
    if (form.subarray(at, headEnd).includes('filename=')) return form.subarray(headEnd + 4, next);
    at = next + 2;
  }
  return undefined;
}
