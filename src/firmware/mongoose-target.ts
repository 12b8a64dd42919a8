import { hex, includes, indexOf, latin1, u8 } from './bytes.ts';

/**
 * One place in a part where the target of a takeover stands: the URL its intermediate firmware downloads from.
 * `c-string`: a string of the program, ended by NUL. `json`: a value of the settings in the file system.
 */
export interface TargetPlace {
  readonly form: 'c-string' | 'json';
  readonly offset: number;
  readonly url: string;
  /** Longest text that can stand there, in bytes. */
  readonly roomBytes: number;
}

/** Its section of the settings; the firmware's own schema names it, and nothing else does. */
const SETTINGS_NAME = 'mg2x';
const MAX_URL_BYTES = 200;
/** A file made of nothing but URLs must not take longer for it. */
const MAX_HITS = 5000;

/** Whether this part is one of the takeover's firmware (yaourdt/mgos-to-tasmota, `mos.yml`: `mg2x.url`). */
export const speaksOfTakeover = (part: Uint8Array): boolean => includes(part, SETTINGS_NAME);

/**
 * Every URL of an image (`.bin`) that stands alone: all of a C string or all of a JSON value named `url`. URLs within
 * other text (help, log lines) are nothing that is downloaded.
 */
export function findTargets(part: Uint8Array): TargetPlace[] {
  const places: TargetPlace[] = [];
  let at = indexOf(part, 'http');
  for (let hits = 0; at >= 0 && hits < MAX_HITS; hits++, at = indexOf(part, 'http', at + 4)) {
    const place = readPlace(part, at);
    if (place != null) places.push(place);
  }
  return places;
}

function readPlace(part: Uint8Array, at: number): TargetPlace | undefined {
  let end = at;
  while (end < part.length && end - at <= MAX_URL_BYTES && isUrlByte(u8(part, end))) end++;
  const url = latin1(part.subarray(at, end));
  if (!/^https?:\/\/[\w.-]+(?::\d+)?\/\S*\.bin$/.test(url)) return undefined;
  const before = at === 0 ? 0 : u8(part, at - 1);
  const after = end < part.length ? u8(part, end) : -1;
  if (after === 0 && !isText(before)) return { form: 'c-string', offset: at, url, roomBytes: end - at };
  if (before === QUOTE && after === QUOTE && isValueOfUrl(part, at - 1))
    return { form: 'json', offset: at, url, roomBytes: end - at + spacesFrom(part, end + 1) };
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isText = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const isUrlByte = (byte: number): boolean =>
  byte > 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH;

/** `"url": ` stands before the quote. */
const isValueOfUrl = (part: Uint8Array, quote: number): boolean =>
  /"url"\s*:\s*$/.test(latin1(part.subarray(Math.max(0, quote - 24), quote)));

/** Blanks between the value and what follows it can be given to a longer value. */
function spacesFrom(part: Uint8Array, from: number): number {
  let end = from;
  while (u8(part, end) === 0x20 && end < part.length) end++;
  return end - from;
}

/** Puts `url` into the place; the part keeps its length. `url` must fit (`roomBytes`). */
export function putTarget(part: Uint8Array, place: TargetPlace, url: string): void {
  const text = new TextEncoder().encode(url);
  if (text.length > place.roomBytes) throw new RangeError(`${url} does not fit at ${hex(place.offset)}`);
  const { form, offset, roomBytes } = place;
  if (form === 'c-string') {
    part.fill(0, offset, offset + roomBytes);
    part.set(text, offset);
    return;
  }
  // The closing quote moves to the end of the text, blanks take what is left.
  part.fill(0x20, offset, offset + roomBytes + 1);
  part.set(text, offset);
  part[offset + text.length] = QUOTE;
}
