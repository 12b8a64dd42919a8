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

/** The keys that work now, as many as fit; help always does. */
export function footerLine(rows: readonly KeyRow[], cells: number, symbols: Symbols): Line {
  const shown = rows.filter(({ footer }) => footer !== false);
  const help = shown.find(({ id }) => id === 'help');
  const part = (row: KeyRow): string =>
    `${row.id === 'choose' ? '1-9' : keyName(row.keys[0] ?? '', symbols)} ${row.label}`;
  let room = cells - 1 - (help === undefined ? 0 : width(part(help)) + 2);
  const spans: Span[] = [span(' ')];
  const put = (row: KeyRow) => {
    const [key = '', ...label] = part(row).split(' ');
    spans.push(span(key, 'key'), span(` ${label.join(' ')}`, 'dim'), span('  '));
  };
  for (const row of shown) {
    if (row === help) continue;
    const taken = width(part(row)) + 2;
    if (taken > room) continue;
    room -= taken;
    put(row);
  }
  if (help !== undefined) put(help);
  return spans;
}
