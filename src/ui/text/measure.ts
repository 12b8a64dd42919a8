import stringWidth from 'string-width';

/** ASCII, Latin-1 letters, box drawing, blocks (but the wide U+25FD, U+25FE) and our own glyphs: one cell each. */
const ONE_CELL = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u00ff\u2500-\u25fc\u25ff✔✖–…↑↓]*$/u;

/** Width in terminal cells. */
export const width = (text: string): number => (ONE_CELL.test(text) ? text.length : stringWidth(text));

/** Cuts at the end, for messages. Never wider than `cells`. */
export const cutEnd = (text: string, cells: number, ellipsis = '…'): string =>
  cut(text, cells, 'end', ellipsis);

/** Cuts in the middle, for serial numbers and paths, whose ends tell them apart. */
export const cutMiddle = (text: string, cells: number, ellipsis = '…'): string =>
  cut(text, cells, 'middle', ellipsis);

function cut(text: string, cells: number, position: 'end' | 'middle', ellipsis: string): string {
  if (cells <= 0) return '';
  if (width(text) <= cells) return text;
  if (cells <= ellipsis.length) return ellipsis.slice(0, cells);
  const kept = cells - ellipsis.length;
  const head = position === 'end' ? kept : Math.ceil(kept / 2);
  if (ONE_CELL.test(text))
    return text.slice(0, head) + ellipsis + (head < kept ? text.slice(head - kept) : '');
  const characters = graphemes(text);
  return takeCells(characters, head) + ellipsis + takeCells(characters.reverse(), kept - head, true);
}

const segmenter = new Intl.Segmenter();
const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** As many as fit; a wide one that would not fit whole is left out. */
function takeCells(characters: readonly string[], cells: number, backwards = false): string {
  let taken = '';
  let room = cells;
  for (const character of characters) {
    room -= width(character);
    if (room < 0) break;
    taken = backwards ? character + taken : taken + character;
  }
  return taken;
}

export const padEnd = (text: string, cells: number): string =>
  text + ' '.repeat(Math.max(0, cells - width(text)));
export const padStart = (text: string, cells: number): string =>
  ' '.repeat(Math.max(0, cells - width(text))) + text;

/** Breaks at spaces; a word longer than the line is broken where it must. Keeps line breaks of the text. */
export function wrap(text: string, cells: number): string[] {
  const limit = Math.max(1, cells);
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, limit));
}

function wrapParagraph(paragraph: string, limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    let rest = word;
    const joined = line === '' ? rest : `${line} ${rest}`;
    if (width(joined) <= limit) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    while (width(rest) > limit) {
      const head = headOf(rest, limit);
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line = rest;
  }
  lines.push(line);
  return lines;
}

/** The longest beginning that fits, at least one character. */
const headOf = (text: string, limit: number): string =>
  takeCells(graphemes(text), limit) || (graphemes(text)[0] ?? text);
