import type { SlotProgress, SlotView } from '../../bench/view.ts';
import { progressCells } from '../layout/slot-columns.ts';
import type { SlotColumns } from '../layout/slot-columns.ts';
import { estimate, shortDuration, speed } from '../text/format.ts';
import { span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { cutEnd, cutMiddle, padEnd, padStart } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import type { Tone } from '../theme/theme.ts';
import { batteryCell, signalCell } from './vitals.ts';
import { DO_NOT_UNPLUG, keepsPowerMs, slotAgeMs, slotSentence, stateMark, unitName } from './slot-words.ts';

export interface RowFacts {
  readonly now: number;
  /** Counts up a few times a second; turns spinners. */
  readonly tick: number;
  readonly cursor: boolean;
  readonly marked: boolean;
}

/** The row of a slot on the dashboard, exactly `columns.total` cells at most. */
export function slotRow(slot: SlotView, columns: SlotColumns, symbols: Symbols, facts: RowFacts): Line {
  const state = stateMark(slot, symbols);
  const base: Tone = facts.cursor ? 'strong' : 'plain';
  const row: Span[] = [
    span(`${facts.cursor ? '>' : ' '}${facts.marked ? '*' : ' '}`, 'key'),
    span(padStart(String(slot.number), columns.number), base),
    span(' '),
    span(padEnd(`${state.glyph} ${state.word}`, columns.state), state.tone),
    span(' '),
    span(padEnd(cutMiddle(slot.label, columns.place, symbols.ellipsis), columns.place), base),
    span(' '),
  ];
  if (columns.unit > 0) {
    const unit = unitName(slot.identity, columns.unit === 17 ? 'full' : 'short');
    row.push(span(padEnd(unit, columns.unit), slot.identity.mac === undefined ? 'dim' : base), span(' '));
  }
  row.push(...middle(slot, columns.middle, symbols, facts));
  const { batteryPercent, rssiDbm } = slot.vitals ?? {};
  if (columns.battery > 0) row.push(span(' '), batteryCell(batteryPercent, columns.battery, base));
  if (columns.signal > 0) row.push(span(' '), signalCell(rssiDbm, columns.signal, base));
  if (columns.speed > 0) row.push(span(` ${padStart(speedText(slot.progress), columns.speed)}`, base));
  row.push(span(` ${padStart(timeText(slot, facts.now), columns.time)}`, base));
  if (columns.tries > 0)
    row.push(span(` ${padStart(slot.tries > 0 ? String(slot.tries) : '', columns.tries)}`, base));
  return row;
}

export function slotHeadings(columns: SlotColumns): Line {
  const cells = [
    ' '.repeat(2) + padStart('#', columns.number),
    padEnd('STATE', columns.state),
    padEnd('PLACE', columns.place),
    ...(columns.unit > 0 ? [padEnd('UNIT', columns.unit)] : []),
    padEnd('WHAT', columns.middle),
    ...(columns.battery > 0 ? [padStart('BATT', columns.battery)] : []),
    ...(columns.signal > 0 ? [padStart(columns.signal >= 6 ? 'SIGNAL' : 'DBM', columns.signal)] : []),
    ...(columns.speed > 0 ? [padStart('SPEED', columns.speed)] : []),
    padStart('TIME', columns.time),
    ...(columns.tries > 0 ? [padStart('TRY', columns.tries)] : []),
  ];
  return [span(cells.join(' '), 'dim')];
}

const busy = (slot: SlotView) => slot.state === 'running' || slot.state === 'cancelling';

function middle(slot: SlotView, cells: number, symbols: Symbols, facts: RowFacts): Span[] {
  const { progress } = slot;
  const powerMs = keepsPowerMs(slot, facts.now);
  if (powerMs !== undefined) {
    const text = `${DO_NOT_UNPLUG} ${shortDuration(powerMs)}  ${slotSentence(slot)}`;
    return [span(padEnd(cutEnd(text, cells, symbols.ellipsis), cells), 'warning')];
  }
  if (slot.state === 'running' && progress !== undefined)
    return progressSpans(progress, cells, symbols, facts.tick);
  const tone: Tone = facts.cursor ? 'strong' : slot.state === 'waiting' ? 'dim' : 'plain';
  return [span(padEnd(cutEnd(slotSentence(slot), cells, symbols.ellipsis), cells), tone)];
}

function progressSpans(progress: SlotProgress, cells: number, symbols: Symbols, tick: number): Span[] {
  if (progress.total === undefined || progress.total <= 0) {
    const spinner = symbols.spinner[tick % symbols.spinner.length] ?? '';
    const count = progress.unit === 'tries' && progress.done > 0 ? ` ${progress.done} tries` : '';
    const text = cutEnd(`${spinner} ${progress.label}${count}`, cells, symbols.ellipsis);
    return [span(padEnd(text, cells))];
  }
  const { label, bar, percent } = progressCells(cells);
  const share = Math.max(0, Math.min(1, progress.done / progress.total));
  const spans: Span[] = [];
  if (label > 0) spans.push(span(`${padEnd(cutEnd(progress.label, label, symbols.ellipsis), label)} `));
  spans.push(
    span(barText(share, bar, symbols), 'active'),
    span(` ${padStart(`${percentOf(share)}%`, percent)}`),
  );
  return spans;
}

/** 100 only when all of it is done: 99.6 % is 99. */
export const percentOf = (share: number): number => Math.floor(share * 100);

export function barText(share: number, cells: number, symbols: Symbols): string {
  const full = Math.floor(share * cells);
  return symbols.barFull.repeat(full) + symbols.barEmpty.repeat(cells - full);
}

const speedText = (progress: SlotProgress | undefined): string =>
  progress?.unit === 'bytes' && progress.perSecond !== undefined && progress.perSecond > 0
    ? speed(progress.perSecond)
    : '';

/** `~` marks an estimate of what is left; otherwise how long it has taken. No estimate at speed 0. */
function timeText(slot: SlotView, now: number): string {
  const eta = slot.progress?.etaMs;
  if (busy(slot) && eta !== undefined && slot.progress?.perSecond !== 0) return estimate(eta);
  const age = slotAgeMs(slot, now);
  return age === undefined ? '' : shortDuration(age);
}
