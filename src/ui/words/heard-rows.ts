import { last6 } from '../../core/identity.ts';
import type { BenchView } from '../../bench/view.ts';
import type { HeardNow, HeardView } from '../services.ts';
import { linksOf } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { NEIGHBOUR_SECONDS, numberOf, numberText, SILENT_SECONDS } from '../state/radio-places.ts';
import { span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { padEnd, padStart } from '../text/measure.ts';
import { inUse } from './bench-rows.ts';
import type { FormRow } from './new-rows.ts';
import { batteryCell, signalCell, vitalsText } from './vitals.ts';

/** `silent 59s`, `silent 12m`. */
const AGE = 10;

/**
 * The units on the air in the order in which they were heard first, then those that joined and were not heard yet.
 * None is marked unless somebody marked it, or it was heard first on an armed page.
 */
export function heardRows(draft: Draft, heard: HeardNow, view: BenchView): FormRow[] {
  const rows = heard.units.map((unit) => heardRow(draft, unit, view));
  const onAir = new Set(heard.units.map(({ link }) => link));
  for (const { kind, text } of linksOf(draft, []))
    if (kind === 'ble' && !onAir.has(text)) rows.push(missingRow(draft, text));
  if (heard.problem !== undefined)
    rows.unshift({ id: 'no radio', text: heard.problem, tone: 'warning', detail: heard.problem });
  else if (heard.units.length === 0)
    rows.unshift({
      id: 'no unit',
      text: heard.listenedSeconds === 0 ? 'Opening Bluetooth.' : 'No thermometer is heard yet.',
      tone: 'dim',
      detail: 'A unit is listed as soon as it is heard; that takes a few seconds.',
    });
  return rows;
}

function heardRow(draft: Draft, unit: HeardView, view: BenchView): FormRow {
  const { mac, link, model, firmware, bound, name } = unit;
  const number = numberOf(draft, link);
  const batch = link === undefined ? undefined : inUse(view, link);
  const what = [
    firmware ?? 'firmware unknown',
    ...(bound === undefined ? [] : [bound ? 'bound' : 'not bound']),
  ];
  const silent = unit.ageSeconds >= SILENT_SECONDS;
  const right = [
    batteryCell(unit.batteryPercent, 5, 'plain').text,
    signalCell(unit.rssiDbm, 5, 'plain').text,
    padStart(silent ? `silent ${ageText(unit.ageSeconds)}` : '', AGE),
  ].join(' ');
  const facts = [
    mac ?? unit.address,
    ...(model === undefined ? [] : [model]),
    ...(name === undefined ? [] : [`"${name}"`]),
    what.join(', '),
    vitalsText(unit),
    ...(silent ? [`silent for ${ageText(unit.ageSeconds)}`] : []),
  ].join(', ');
  return {
    id: `heard ${unit.address}`,
    marked: number !== undefined,
    text: `${numberColumn(number)} ${padEnd(mac === undefined ? 'no MAC' : last6(mac), 6)} ${what.join(', ')}  ${model ?? 'thermometer'}`,
    right: batch === undefined ? right : `in use by ${batch}`,
    tone: number === undefined && (silent || batch !== undefined || link === undefined) ? 'dim' : 'plain',
    detail: `${advice(number, link, batch)} ${facts}.`,
  };
}

function advice(number: number | undefined, link: string | undefined, batch: string | undefined): string {
  if (batch !== undefined) return `${batch} is at work on it.`;
  if (link === undefined) return 'This computer hides MACs: it cannot be reached by one.';
  return number === undefined
    ? 'A neighbour until it is marked: Space marks it.'
    : `Write ${numberText(number)} on it. Space leaves it out.`;
}

function missingRow(draft: Draft, link: string): FormRow {
  const mac = link.slice('ble:'.length);
  const number = numberOf(draft, link);
  return {
    id: `typed ${link}`,
    marked: true,
    text: `${numberColumn(number)} ${last6(mac)} not heard yet`,
    right: 'missing',
    tone: 'warning',
    detail: `${mac} is in the batch and was not heard yet: see that it has power. Space leaves it out.`,
  };
}

const numberColumn = (number: number | undefined) => (number === undefined ? '  ' : numberText(number));

const ageText = (seconds: number): string =>
  seconds < 100 ? `${seconds}s` : seconds < 6000 ? `${Math.floor(seconds / 60)}m` : '>99m';

/** `expected 12  heard 9  missing 3   on the air 30   ARMED`: how the tray stands. */
export function trayLine(draft: Draft, heard: HeardNow, cells: number): Line {
  const joined = linksOf(draft, []);
  const expected = draft.expected ?? joined.length;
  const onAir = new Set(heard.units.map(({ link }) => link));
  // A virtual unit is there by its being named.
  const found = joined.filter(({ kind, text }) => kind !== 'ble' || onAir.has(text)).length;
  const missing = Math.max(0, expected - found);
  const tooMany = joined.length - expected;
  const parts: Span[] = [
    span(` expected ${expected}  heard ${found}  `),
    span(`missing ${missing}`, missing > 0 ? 'warning' : 'plain'),
    ...(tooMany > 0 ? [span(`  ${tooMany} too many`, 'warning')] : []),
    span(`${cells < 76 ? '  ' : '   '}on the air ${heard.units.length}   `, 'dim'),
  ];
  if (heard.problem !== undefined) return [...parts, span('no Bluetooth', 'warning')];
  return [...parts, ...armedWords(draft, heard, cells)];
}

function armedWords(draft: Draft, heard: HeardNow, cells: number): Span[] {
  if (draft.armed === undefined) return [];
  const wait = NEIGHBOUR_SECONDS - heard.listenedSeconds;
  if (wait > 0) return [span(` ARMED in ${wait} s `, 'active')];
  return [span(` ARMED${cells < 76 ? '' : ': pull a battery tab'} `, 'attention')];
}
