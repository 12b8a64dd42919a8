import type { SettledView } from '../../bench/view.ts';
import { shortDuration } from '../text/format.ts';
import { span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutEnd, cutMiddle, padEnd, padStart, width } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import type { ResultRow } from './result-rows.ts';
import { outcomeMark, unitName } from './slot-words.ts';

interface ResultColumns {
  readonly result: number;
  readonly place: number;
  readonly unit: number;
  /** Code where there is one, else the proof. */
  readonly what: number;
  readonly time: number;
  readonly tries: number;
}

function columnsFor(cells: number): ResultColumns {
  const fixed = 2 + 3 + 13 + 1 + 8;
  const tries = cells >= 70 ? 5 : 0;
  const unit = cells >= 76 ? 17 : 6;
  const place = Math.min(16, Math.max(8, Math.floor(cells / 7)));
  const what = cells - fixed - (unit + 1) - (place + 1) - tries;
  return { result: 13, place, unit, what, time: 7, tries };
}

export function resultHeadings(cells: number): Line {
  const columns = columnsFor(cells);
  const text = [
    '   #',
    padEnd('RESULT', columns.result),
    padEnd('PLACE', columns.place),
    padEnd('UNIT', columns.unit),
    padEnd('WHY', columns.what),
    padStart('TIME', columns.time),
  ].join(' ');
  return [span(text + (columns.tries > 0 ? padStart('TRY', columns.tries) : ''), 'dim')];
}

export function resultLine(
  { slotNumber, place, settled }: ResultRow,
  cells: number,
  symbols: Symbols,
  state: { readonly cursor: boolean; readonly marked: boolean },
): Line {
  const columns = columnsFor(cells);
  const mark = outcomeMark(settled.outcome, symbols);
  const tone = state.cursor ? 'strong' : 'plain';
  return [
    span(`${state.cursor ? '>' : ' '}${state.marked ? '*' : ' '}`, 'key'),
    span(`${padStart(String(slotNumber), 2)} `, tone),
    span(padEnd(`${mark.glyph} ${mark.word}`, columns.result), mark.tone),
    span(` ${padEnd(cutMiddle(place, columns.place, symbols.ellipsis), columns.place)} `, tone),
    span(
      `${padEnd(unitName(settled.identity, columns.unit === 17 ? 'full' : 'short'), columns.unit)} `,
      tone,
    ),
    span(padEnd(cutEnd(whyText(settled, columns.what), columns.what, symbols.ellipsis), columns.what), tone),
    span(` ${padStart(shortDuration(settled.seconds * 1000), columns.time)}`, tone),
    span(columns.tries > 0 ? padStart(String(settled.tries), columns.tries) : '', tone),
  ];
}

/** The code, with its step where there is room; of what is proved, by what. */
function whyText({ code, step, proof, message }: SettledView, cells: number): string {
  if (code === undefined) return proof.length > 0 ? `proved: ${proof.join(', ')}` : message;
  const both = `${step} ${code}`;
  return width(both) <= cells ? both : code;
}
