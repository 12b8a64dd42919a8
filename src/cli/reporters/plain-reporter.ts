import type { BenchEvent } from '../../bench/view.ts';
import { isGood, type Outcome } from '../../core/outcome.ts';
import { sanitize } from '../../core/text.ts';
import { formatBytes, formatSeconds } from '../format.ts';
import type { LineWriter } from '../line-writer.ts';
import { countsText } from '../outcome-text.ts';
import { paint, type Colour } from '../paint.ts';
import type { Reporter } from './reporter.ts';

/** How often a slot that only makes progress says so, ms of wall-clock time. */
const PROGRESS_EVERY_MS = 10_000;

/** One timestamped line a change, for people and log files. */
export function plainReporter(out: LineWriter, options: { readonly colour: boolean }): Reporter {
  const saidAt = new Map<string, number>();
  const ends = new Map<string, Extract<BenchEvent, { type: 'outcome' }>>();
  const heldErrors = new Map<string, Extract<BenchEvent, { type: 'log' }>>();
  let slotWidth = 0;

  const say = (time: number, slot: string, text: string) =>
    out.line(`${clockTime(time)}  ${slot.padEnd(slotWidth)}  ${sanitize(text)}`);
  const word = (outcome: Outcome) => paint(outcome, outcomeColour(outcome), options.colour);

  return {
    event(event) {
      if (event.type === 'batch') {
        slotWidth = Math.max(slotWidth, ...event.slots.map((slot) => slot.length));
        out.line(
          `${clockTime(event.time)}  batch ${event.batch}: ${event.task} with ${event.flow}, ${plural(event.slots.length, 'slot')}`,
        );
        for (const warning of event.warnings)
          out.line(`${clockTime(event.time)}  warning: ${sanitize(warning)}`);
        return;
      }
      if (event.type === 'summary') {
        summary(event);
        return;
      }
      // A run that fails is logged with its reason right before its outcome, which says it better.
      const held = heldErrors.get(event.slot);
      heldErrors.delete(event.slot);
      if (held && !(event.type === 'outcome' && held.text.includes(event.message)))
        say(held.time, event.slot, `error: ${held.text}`);
      if (event.type === 'log' && event.level === 'error') {
        heldErrors.set(event.slot, event);
        return;
      }
      const last = saidAt.get(event.slot);
      if (event.type === 'progress') {
        if (last != null && event.time - last < PROGRESS_EVERY_MS) return;
        saidAt.set(event.slot, event.time);
        say(event.time, event.slot, progressText(event));
        return;
      }
      // Boot text runs to fifty lines a unit; it stands in the log of the batch, and in --json.
      if (event.type === 'log' && event.level !== 'warn') return;
      saidAt.set(event.slot, event.time);
      switch (event.type) {
        case 'step':
          return say(
            event.time,
            event.slot,
            event.identity.mac == null ? event.step : `${event.step}  ${event.identity.mac}`,
          );
        case 'log':
          return say(event.time, event.slot, `${event.level}: ${event.text}`);
        case 'ask':
          return say(event.time, event.slot, `needs you: ${event.prompt.text}`);
        case 'outcome':
          ends.set(event.slot, event);
          return outcome(event);
      }
    },
  };

  function outcome(event: Extract<BenchEvent, { type: 'outcome' }>): void {
    const proof = event.proof.length > 0 ? ` (${event.proof.join(', ')})` : '';
    const code = event.code == null ? '' : ` ${event.code} in ${event.step}:`;
    out.line(
      `${clockTime(event.time)}  ${event.slot.padEnd(slotWidth)}  ${word(event.outcome)}${code} ${sanitize(event.message)}${proof}`,
    );
    for (const missing of event.notDone ?? []) say(event.time, event.slot, `not done: ${missing}`);
    if (event.advice != null && event.advice !== '') say(event.time, event.slot, `do now: ${event.advice}`);
    if (event.next != null) say(event.time, event.slot, `go on with: benchflash run ${event.next}`);
  }

  function summary(event: Extract<BenchEvent, { type: 'summary' }>): void {
    out.line(
      `${clockTime(event.time)}  batch ${event.batch}: ${plural(event.units, 'unit')} in ${formatSeconds(event.seconds)}: ${countsText(event.counts, word)}`,
    );
    for (const [slot, end] of ends)
      if (end.batch === event.batch && !isGood(end.outcome))
        out.line(
          `  ${slot}  ${end.identity.mac ?? 'unknown unit'}  ${word(end.outcome)} ${end.code ?? ''}`.trimEnd(),
        );
  }
}

function progressText(event: Extract<BenchEvent, { type: 'progress' }>): string {
  const amount = (value: number) => (event.unit === 'bytes' ? formatBytes(value) : `${value} ${event.unit}`);
  const share =
    event.total == null || event.total === 0
      ? amount(event.done)
      : `${amount(event.done)} of ${amount(event.total)}, ${Math.floor((100 * event.done) / event.total)} %`;
  // Nothing to count yet, or nothing that can be counted.
  if (event.total == null && event.done === 0) return event.label;
  const rate = event.perSecond == null ? '' : `, ${amount(Math.round(event.perSecond))}/s`;
  return `${event.label}: ${share}${rate}`;
}

function outcomeColour(outcome: Outcome): Colour {
  if (isGood(outcome)) return 'green';
  return outcome === 'FAIL' || outcome === 'ERROR' ? 'red' : 'yellow';
}

/** `14:03:22`, local time: what the clock on the wall says. */
function clockTime(msSinceEpoch: number): string {
  const time = new Date(msSinceEpoch);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
