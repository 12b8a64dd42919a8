import type { BatchCounts, BatchView } from '../../bench/view.ts';
import { isGood, OUTCOMES } from '../../core/outcome.ts';
import type { Outcome } from '../../core/outcome.ts';
import { span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { OUTCOME_TONES } from '../theme/theme.ts';
import type { Symbols } from '../theme/symbols.ts';

const zero = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;

export function sumCounts(batches: readonly BatchView[]): BatchCounts {
  const outcomes = { ...zero };
  let running = 0;
  let needsOperator = 0;
  let waiting = 0;
  for (const { counts } of batches) {
    for (const outcome of OUTCOMES) outcomes[outcome] += counts.outcomes[outcome];
    running += counts.running;
    needsOperator += counts.needsOperator;
    waiting += counts.waiting;
  }
  return { outcomes, running, needsOperator, waiting };
}

export const settledUnits = (outcomes: BatchCounts['outcomes']): number =>
  OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);

/** Share of settled units that are PASS or CURRENT, whole percent; undefined before the first. */
export function yieldPercent(outcomes: BatchCounts['outcomes']): number | undefined {
  const settled = settledUnits(outcomes);
  if (settled === 0) return undefined;
  const good = OUTCOMES.filter(isGood).reduce((sum, outcome) => sum + outcomes[outcome], 0);
  return Math.floor((100 * good) / settled);
}

/** Of a batch by radio: how many of its units were heard so far; undefined for units on wires. */
export function heardCounts(
  batches: readonly BatchView[],
): { readonly expected: number; readonly heard: number; readonly missing: number } | undefined {
  const slots = batches
    .flatMap((batch) => batch.slots)
    .filter(({ link, vitals }) => link.kind === 'ble' || vitals?.rssiDbm !== undefined);
  if (slots.length === 0) return undefined;
  const heard = slots.filter(({ identity, vitals }) => identity.mac ?? vitals?.rssiDbm).length;
  return { expected: slots.length, heard, missing: slots.length - heard };
}

/** `✔ 3 pass  ✖ 1 fail  ▸ 4 running  ? 1 needs you`, with nothing that is zero. */
export function totalsLine(counts: BatchCounts, symbols: Symbols, narrow: boolean): Line {
  const parts: Span[] = [];
  const add = (glyph: string, count: number, word: string, tone: Span['tone']) => {
    if (count === 0) return;
    parts.push(span(`${glyph}${narrow ? '' : ' '}${count} ${word}`, tone), span('  '));
  };
  for (const outcome of OUTCOMES)
    add(symbols.outcome[outcome], counts.outcomes[outcome], outcome.toLowerCase(), OUTCOME_TONES[outcome]);
  add(symbols.running, counts.running, narrow ? 'run' : 'running', 'active');
  const needs = counts.needsOperator === 1 ? 'needs you' : 'need you';
  add(symbols.needsOperator, counts.needsOperator, narrow ? 'you' : needs, 'attention');
  add(symbols.waiting, counts.waiting, narrow ? 'wait' : 'waiting', 'dim');
  return parts.slice(0, -1);
}
