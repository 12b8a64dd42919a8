import { u32 } from '../../bytes.ts';
import { findInImage, imageHolds, type ParsedImage } from './image.ts';

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * The line by which Tasmota names itself at its start, from what stands in the image: the pattern of the line with
 * the core version, the build time and date, the variant, and the version word. Undefined for other firmware.
 */
export function tasmotaLine(app: ParsedImage): string | undefined {
  const core = findInImage(app, /Project %s %s Version %s%s-([\w.-]+)\(%s\)/)?.[1];
  if (core == null) return undefined;
  const built = findInImage(app, /(\d\d:\d\d:\d\d)\0+([A-Z][a-z]{2}) ([ \d]\d) (\d{4})\0/);
  const [, time = '00:00:00', month = 'Jan', day = '1', year = '1970'] = built ?? [];
  const monthNumber = String(MONTHS.indexOf(month) / 3 + 1).padStart(2, '0');
  const variant = ['lite', 'minimal', 'sensors', 'knx', 'display', 'ir'].find((name) =>
    imageHolds(app, `\0${name}\0`),
  );
  return (
    `00:00:00 Project tasmota Tasmota Version ${version(app)}(${variant ?? 'tasmota'})-${core}` +
    `(${year}-${monthNumber}-${day.trim().padStart(2, '0')}T${time})`
  );
}

/** Least number of times the version word stands in an image: words alike by chance stand there once. */
const VERSION_WORD_COUNT = 2;

/** Tasmota holds its version as a word like 0x09020000; empty when no such word stands out. */
function version({ bytes }: ParsedImage): string {
  const found = new Map<number, number>();
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = u32(bytes, at);
    const [major, minor, patch, build] = [
      word >>> 24,
      (word >>> 16) & 0xff,
      (word >>> 8) & 0xff,
      word & 0xff,
    ];
    if (major >= 6 && major <= 15 && minor >= 1 && minor <= 7 && patch <= 4 && build <= 4)
      found.set(word, (found.get(word) ?? 0) + 1);
  }
  const [word, count] = [...found].sort((one, other) => other[1] - one[1])[0] ?? [0, 0];
  if (count < VERSION_WORD_COUNT) return '';
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}`;
}
