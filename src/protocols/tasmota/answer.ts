import { CodecError } from '../../core/codec-error.ts';

/** More than any group of answers has; a text made of braces is not searched to its end. */
const MAX_OBJECTS = 64;

/**
 * What `/cm` answers, as one object. Since 6 the answers of all lines stand in one JSON object; before, each came as
 * `STATUS2 = {...}` on a line of its own. Throws CodecError where no object is in it.
 */
export function parseAnswer(text: string): Readonly<Record<string, unknown>> {
  // Without a prototype: a hostile `__proto__` is a key like any other.
  const merged = Object.create(null) as Record<string, unknown>;
  let found = 0;
  for (let at = text.indexOf('{'); at >= 0 && found < MAX_OBJECTS; at = text.indexOf('{', at)) {
    const end = endOfObject(text, at);
    if (end == null) throw new CodecError('an answer that ends in the middle of an object');
    Object.assign(merged, parseObject(text.slice(at, end)));
    found++;
    at = end;
  }
  if (found === 0) throw new CodecError('an answer without an object');
  return merged;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CodecError('an answer that is no JSON', { cause });
  }
  return value as Record<string, unknown>;
}

/** Behind the brace that closes the object which begins at `start`. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

/**
 * Whether an answer only says that the web password is wanted: 401 since 8.2.3, before that 200 with a warning; the
 * words around `user=` are translated.
 */
export function wantsLogin(status: number, text: string): boolean {
  return status === 401 || (text.length < 300 && /user=[^&]{0,40}&[^=]{0,40}=/.test(text));
}
