import { sanitize } from '../../../core/text.ts';
import { type ByteRange, rangeOf } from './byte-range.ts';
import { SELF_TEST_HEADER } from './messages.ts';
import type { LiveOffer, Offers } from './offers.ts';
import type { RequestHead } from './request-head.ts';
import { smallSiblings } from './siblings.ts';
import type { StoredFile } from './stored-file.ts';
import { sameUnit, unitClaims } from './unit-headers.ts';

/** How one request is answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** What of a file goes out, or would but for HEAD; absent for everything but 200 and 206. */
  readonly body?: ServedPart;
  /** Where a unit's request was refused, for the bench. */
  readonly refusal?: { readonly offer: LiveOffer; readonly file: string; readonly reason: string };
  /** Of the bench's own test: nothing is reported. */
  readonly isSelfTest?: boolean;
}

export interface ServedPart {
  readonly offer: LiveOffer;
  readonly name: string;
  readonly file: StoredFile;
  readonly range: ByteRange;
}

/** Shown of a name that is not ours. */
const SHOWN_CHARACTERS = 100;

/** GET and HEAD. Whatever is refused gets a status on which no client writes anything: never 200, never a redirect. */
export function answerFetch(request: RequestHead, offers: Offers): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...nothing(405), headers: { ...nothing(405).headers, Allow: 'GET, HEAD' } };
  const [, folder = '', name = ''] = /^\/([0-9A-Za-z]+)\/([^/]*)$/.exec(request.path) ?? [];
  const offer = offers.get(folder);
  if (!offer || offer.withdrawn) return nothing(404);
  const isSelfTest = request.headers.get(SELF_TEST_HEADER) === offer.selfTestKey;
  const refuse = (status: number, reason: string): Answer => ({
    ...nothing(status),
    isSelfTest,
    refusal: { offer, file: sanitize(name).slice(0, SHOWN_CHARACTERS), reason },
  });
  const file = offer.files.get(name);
  if (!file) return refuse(404, 'this file is not offered to the unit');
  const why = unfit(request, offer, name, file);
  if (why) return refuse(why.status, why.reason);

  const size = file.content.length;
  const range = offer.style === 'takeover' ? 'whole' : rangeOf(request.headers.get('range'), size);
  if (range === 'unsatisfiable')
    return {
      ...refuse(416, 'it asked for bytes behind the end of the file'),
      headers: { 'Content-Range': `bytes */${size}`, 'Content-Length': 0 },
    };
  const part = range === 'whole' ? { start: 0, end: size } : range;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': part.end - part.start,
    ...(range === 'whole' ? {} : { 'Content-Range': `bytes ${part.start}-${part.end - 1}/${size}` }),
    // The intermediate firmware of a takeover knows no ranges; it is not to be tempted.
    ...(offer.style === 'takeover' ? {} : { 'Accept-Ranges': 'bytes' }),
    ...(offer.style === 'esp8266-update' && range === 'whole' ? { 'x-MD5': file.md5 } : {}),
  };
  const status = range === 'whole' ? 200 : 206;
  return { status, headers, body: { offer, name, file, range: part }, isSelfTest };
}

/** An answer without a body. */
export const nothing = (status: number): Answer => ({ status, headers: { 'Content-Length': 0 } });

/** Why this unit must not have this file, by what it says of itself. */
function unfit(
  request: RequestHead,
  offer: LiveOffer,
  name: string,
  file: StoredFile,
): { readonly status: number; readonly reason: string } | undefined {
  const claims = unitClaims(request.headers);
  if (claims.mac !== undefined && offer.mac !== undefined && !sameUnit(claims.mac, offer.mac))
    return { status: 403, reason: `another unit asked for it: ${claims.mac.match(/../g)?.join(':')}` };
  // Not 304: Tasmota takes that for success and restarts.
  if (claims.chipBytes !== undefined && file.flashBytes !== undefined && file.flashBytes > claims.chipBytes)
    return {
      status: 404,
      reason: `the image is for ${file.flashBytes} bytes of flash, the unit has ${claims.chipBytes}`,
    };
  const size = file.content.length;
  // Where the small build is offered the unit sees by itself, before it writes, that this one is too long, and comes
  // for that one; a 404 would keep it from doing so.
  const hasWayRound = smallSiblings(name).some((sibling) => sibling !== name && offer.files.has(sibling));
  if (claims.freeBytes !== undefined && size > claims.freeBytes && !hasWayRound)
    return { status: 404, reason: `the file has ${size} bytes, the unit has room for ${claims.freeBytes}` };
  return undefined;
}

/** Whether the connection stays for another request: where the client counts on it, and asks for nothing else. */
export function keepsConnection(
  request: RequestHead,
  answer: Answer,
  style: LiveOffer['style'] | undefined,
): boolean {
  const wish = request.headers.get('connection')?.toLowerCase() ?? '';
  if (answer.status >= 400 && answer.status !== 416) return false;
  if (style === 'mongoose' || style === 'takeover' || style === 'esp8266-update') return false;
  return request.minor === 1 ? !wish.includes('close') : wish.includes('keep-alive');
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  206: 'Partial Content',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  416: 'Range Not Satisfiable',
  503: 'Service Unavailable',
};

/** Never chunked, never packed, and always with a length: what every client can read. */
export function headOf(answer: Answer, minor: 0 | 1, keep: boolean): string {
  const headers = { ...answer.headers, Connection: keep ? 'keep-alive' : 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.${minor} ${answer.status} ${REASONS[answer.status] ?? ''}\r\n${lines.join('')}\r\n`;
}
