import type { BatchView, BenchView } from '../../bench/view.ts';
import { isGood, OUTCOMES } from '../../core/outcome.ts';
import type { ScreenServices } from '../services.ts';
import { duration, plural } from '../text/format.ts';
import { drawLine, line } from '../text/line.ts';
import { plainTheme } from '../theme/theme.ts';
import { rowsOfBatch } from './result-rows.ts';
import { unitName } from './slot-words.ts';

/** What stays on the normal screen after the program: totals, what did not pass, and where everything lies. */
export function exitSummary(
  view: BenchView,
  services: Pick<ScreenServices, 'batchFolder'>,
  now: number,
  ascii: boolean,
): string {
  const lines = view.batches.flatMap((batch) => batchSummary(batch, now, services.batchFolder(batch.id)));
  const safe = { theme: { ...plainTheme, plain: ['', ''] as const }, ascii, ellipsis: '...' };
  return lines.map((text) => drawLine(line(text), Number.POSITIVE_INFINITY, safe) + '\n').join('');
}

function batchSummary(batch: BatchView, now: number, folder: string): string[] {
  const rows = rowsOfBatch(batch);
  const counts = OUTCOMES.map((outcome) => [outcome, batch.counts.outcomes[outcome]] as const)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`);
  const open = batch.slots.filter(({ settled }) => settled === undefined).length;
  if (open > 0) counts.push(`${open} not settled`);
  const time = duration((batch.endedAt ?? now) - batch.startedAt);
  const head = `${batch.id}  ${batch.jobName ?? batch.device}: ${plural(rows.length, 'unit')}: ${counts.join(', ') || 'nothing done'}  ${time}`;
  const bad = rows
    .filter(({ settled }) => !isGood(settled.outcome))
    .map(({ place, settled }) => {
      const unit = unitName(settled.identity);
      const code = settled.code === undefined || settled.code === settled.outcome ? '' : `${settled.code}  `;
      return `  ${settled.outcome}  ${place}  ${unit}  ${code}${settled.advice ?? settled.message}`;
    });
  return [head, ...bad, `  ${folder}`];
}

/** 0 every unit PASS or CURRENT, 1 not all. */
export function exitCode(view: BenchView): number {
  const outcomes = view.batches.flatMap(({ slots }) => slots.map(({ settled }) => settled?.outcome));
  const counted = view.batches.flatMap(({ counts }) =>
    OUTCOMES.filter((outcome) => counts.outcomes[outcome] > 0),
  );
  return outcomes.every((outcome) => outcome !== undefined && isGood(outcome)) && counted.every(isGood)
    ? 0
    : 1;
}
