import type { KeyRow } from '../keys/key-table.ts';
import { keyName } from '../keys/key-table.ts';
import { lineWidth, span, spread } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { width } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';

/** Top row: what this is on the left, where one is on the right. */
export const headerLine = (left: string, middle: string, right: string, cells: number): Line =>
  spread(
    [span(` ${left}`, 'title'), span(middle === '' ? '' : `  ${middle}`)],
    [span(`${right} `, 'dim')],
    cells,
  );

/** `── title ───── right ──` */
export function ruleLine(title: string, cells: number, symbols: Symbols, right = ''): Line {
  const bar = (count: number) => symbols.horizontal.repeat(Math.max(0, count));
  const left: Span[] =
    title === ''
      ? [span(bar(3), 'dim')]
      : [span(`${bar(2)} `, 'dim'), span(title, 'heading'), span(' ', 'dim')];
  const end: Span[] = right === '' ? [] : [span(` ${right} ${bar(2)}`, 'dim')];
  const gap = cells - lineWidth(left) - lineWidth(end);
  return [...left, span(bar(gap), 'dim'), ...end];
}

/** Always in the footer: the ways out. */
const ALWAYS: readonly string[] = ['back', 'quit', 'help'];

/** The keys that work now, as many as fit; the ways out and the help always do. */
export function footerLine(rows: readonly KeyRow[], cells: number, symbols: Symbols): Line {
  const shown = rows.filter(({ footer }) => footer !== false);
  const keyOf = (row: KeyRow) => (row.id === 'choose' ? '1-9' : keyName(row.keys[0] ?? '', symbols));
  const taken = (row: KeyRow) => width(`${keyOf(row)} ${row.label}`) + 2;
  const last = shown.filter(({ id }) => ALWAYS.includes(id));
  let room = cells - 1 - last.reduce((sum, row) => sum + taken(row), 0);
  const first = shown.filter((row) => {
    if (last.includes(row) || taken(row) > room) return false;
    room -= taken(row);
    return true;
  });
  return [
    span(' '),
    ...[...first, ...last].flatMap((row) => [span(keyOf(row), 'key'), span(` ${row.label}  `, 'dim')]),
  ];
}
