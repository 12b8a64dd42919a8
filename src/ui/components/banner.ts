import type { BenchView } from '../../bench/view.ts';
import { isGood, OUTCOMES } from '../../core/outcome.ts';
import { duration, plural } from '../text/format.ts';
import { lineWidth, span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { cutEnd, padEnd } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import { attention } from '../words/attention.ts';
import { DO_NOT_UNPLUG, keepsPowerMs } from '../words/slot-words.ts';
import { sumCounts } from '../words/totals.ts';

/** Names the place that has waited longest for a person, and counts the others. Always one row, so nothing jumps. */
export function bannerLine(view: BenchView, now: number, cells: number, symbols: Symbols): Line {
  const wanted = attention(view);
  if (wanted === undefined) return [powerSpan(view, now) ?? pilotSpan(view) ?? calmSpan(view)];
  const { slot, since, others } = wanted;
  const moment = slot.prompt?.countdown;
  const text = moment === undefined ? wanted.text : `${moment.word} ${moment.secondsLeft} s: ${wanted.text}`;
  const head = span(
    ` ${symbols.needsOperator} ${slot.label} NEEDS YOU ${duration(now - since)} `,
    'attention',
  );
  const go = cells >= 76 ? ' Tab: go' : '';
  const tail = `${others > 0 ? ` +${others} more` : ''}${go} `;
  const room = cells - lineWidth([head]) - tail.length - 3;
  return [
    head,
    span(`  ${padEnd(cutEnd(text, room, symbols.ellipsis), room)}`, 'strong'),
    span(tail, 'attention'),
  ];
}

/** Units that would not start any more without power, and for how long yet. */
function powerSpan({ batches }: BenchView, now: number): Span | undefined {
  const kept = batches
    .flatMap(({ slots }) => slots)
    .flatMap((slot) => {
      const leftMs = keepsPowerMs(slot, now);
      return leftMs === undefined ? [] : [{ slot, leftMs }];
    })
    .sort((a, b) => b.leftMs - a.leftMs);
  const [longest] = kept;
  if (longest === undefined) return undefined;
  const others = kept.length > 1 ? ` and ${plural(kept.length - 1, 'other')}` : '';
  return span(` ${DO_NOT_UNPLUG} ${longest.slot.label}${others}: ${duration(longest.leftMs)} `, 'warning');
}

/** Who goes first, and how many wait for it. */
function pilotSpan({ batches }: BenchView): Span | undefined {
  const pilot = batches
    .flatMap(({ pilots }) => pilots)
    .find(({ state, waiting }) => state === 'flying' && waiting > 0);
  if (pilot === undefined) return undefined;
  const wait = pilot.waiting === 1 ? '1 unit waits' : `${pilot.waiting} units wait`;
  return span(` ${pilot.label} goes first, ${wait} for its proof. P lets them go.`, 'strong');
}

function calmSpan(view: BenchView): Span {
  const { batches } = view;
  if (batches.length === 0 || batches.some(({ endedAt }) => endedAt === undefined))
    return span(' No place needs you.', 'dim');
  const { outcomes } = sumCounts(batches);
  const open = OUTCOMES.filter((outcome) => !isGood(outcome)).reduce(
    (sum, outcome) => sum + outcomes[outcome],
    0,
  );
  const verdict = open === 0 ? 'every unit is good' : `${plural(open, 'unit')} did not pass`;
  return span(` All settled: ${verdict}. e shows the results.`, 'strong');
}
