import { sanitize } from '../../core/text.ts';

/** What the page after an upload says; its HTTP status is 200 either way. */
export type UploadResult =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      /** 1 to 14 where it can be told: texts are translated, the numbers are the same in every language. */
      readonly reason: number | undefined;
      /** As the unit says it, sanitised. */
      readonly text: string;
    }
  /** Not the page after an upload. */
  | { readonly kind: 'other' };

/** English, by number; other languages are told by what they share. */
const ENGLISH: readonly (readonly [number, RegExp])[] = [
  [1, /no file selected/i],
  [2, /not enough space/i],
  // The second since about 14.
  [3, /0xE9|invalid file signature/i],
  [4, /larger than real flash size/i],
  [5, /miscompare/i],
  [6, /enable logging/i],
  [7, /upload aborted/i],
  [8, /file invalid/i],
  [9, /file too large/i],
  [10, /init RF chip/i],
  [11, /erase RF chip/i],
  [12, /write to RF chip/i],
  [13, /decode RF firmware/i],
  [14, /not compatible/i],
];

/** Longer than any reason of any language. */
const MAX_REASON = 200;

/**
 * Reads the page by its form, which every language has: `<b>Upload <font color='..'>Failed</font></b><br><br>reason`,
 * where success goes on with the box that says that the unit restarts. Seen so from 5.x to 14.x in the public source.
 */
export function parseUploadPage(page: string): UploadResult {
  const found = /<font color='#?\w{3,12}'>([^<]{1,60})<\/font><\/b>((?:<br\/?>){1,2})\s*(<div|[^<]*)/i.exec(
    page,
  );
  if (found == null) return { kind: 'other' };
  const [, word = '', , after = ''] = found;
  if (after === '<div' || /^successful/i.test(word)) return { kind: 'accepted' };
  const text = sanitize(after).slice(0, MAX_REASON);
  return { kind: 'refused', reason: reasonOf(text), text: text === '' ? sanitize(word) : text };
}

function reasonOf(text: string): number | undefined {
  const english = ENGLISH.find(([, pattern]) => pattern.test(text))?.[0];
  if (english != null) return english;
  // From 10 on (before: from 14 on) it is only a number, whatever the language.
  const number = Number(/(?:^|\s)(\d{1,2})$/.exec(text)?.[1] ?? Number.NaN);
  if (number >= 10 && number <= 14) return number;
  // `... Aktiviere Logging 3`: the level is part of reason 6 in every language.
  return number === 3 ? 6 : undefined;
}
