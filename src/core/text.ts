import { stripVTControlCharacters } from 'node:util';

/**
 * Makes text that came from a device safe to show, log or use in a name: no escape sequences, no control or
 * bidirectional-override characters. Newlines become single spaces unless `keepLines`.
 */
export function sanitize(text: string, options: { keepLines?: boolean } = {}): string {
  const plain = stripVTControlCharacters(text).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  const kept = plain.replaceAll(
    // eslint-disable-next-line no-control-regex -- control characters are exactly what is removed here
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '',
  );
  return options.keepLines ? kept : kept.replaceAll(/[\n\t]+/g, ' ').trim();
}

/** Decodes device bytes as Latin-1 (never fails) and makes them safe to show. */
export function deviceText(bytes: Uint8Array): string {
  return sanitize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), {
    keepLines: true,
  });
}
