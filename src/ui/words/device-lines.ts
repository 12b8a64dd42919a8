import type { Countdown, WiringPage } from '../../../flows/flow.ts';
import type { BatchView, PromptView, SettledView, SlotView } from '../../bench/view.ts';
import { OUTCOMES } from '../../core/outcome.ts';
import { STEP_IDS } from '../../core/steps.ts';
import type { StepId } from '../../core/steps.ts';
import { ruleLine } from '../components/frame-parts.ts';
import { bytes, duration, estimate, speed } from '../text/format.ts';
import { blank, line, span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { cutEnd, wrap } from '../text/measure.ts';
import { OUTCOME_TONES } from '../theme/theme.ts';
import type { Symbols } from '../theme/symbols.ts';
import type { Tone } from '../theme/theme.ts';
import { blockLetters } from './block-letters.ts';
import { explain, factLines } from './explain.ts';
import { barText, percentOf } from './slot-row.ts';
import { vitalsText, vitalsTone } from './vitals.ts';
import { DO_NOT_UNPLUG, keepsPowerMs, slotSentence, soleChoice, TAKE_OUT_TEXT } from './slot-words.ts';

/** `✔ detect  ▸ backup  · flash`: where the unit is on its way. */
export function stepsLine(slot: SlotView, cells: number, symbols: Symbols): Line {
  const gap = cells < 66 ? '' : ' ';
  return STEP_IDS.map((step): Span => {
    const [glyph, tone] = stepMark(slot, slot.steps[step], symbols);
    return span(` ${glyph} ${step}${gap}`, tone);
  });
}

function stepMark(
  slot: SlotView,
  state: SlotView['steps'][StepId],
  symbols: Symbols,
): readonly [string, Tone] {
  switch (state) {
    case 'done':
      return [symbols.stepDone, 'good'];
    case 'active':
      return slot.state === 'needs-operator'
        ? [symbols.needsOperator, 'attention']
        : [symbols.running, 'active'];
    case 'failed':
      return [symbols.stepFailed, 'fail'];
    case 'skipped':
      return [symbols.stepSkipped, 'dim'];
    case 'todo':
      return [symbols.waiting, 'dim'];
  }
}

/** What is asked of the person (at `places` places at once), what is heard meanwhile, and how it is answered. */
export function promptLines(
  prompt: PromptView,
  places: number,
  now: number,
  cells: number,
  symbols: Symbols,
): Line[] {
  const age = `waiting ${duration(now - prompt.askedAt)}`;
  const title = prompt.kind === 'act' ? 'do this' : 'choose';
  const lines: Line[] = [ruleLine(title, cells, symbols, age)];
  for (const text of wrap(prompt.text, cells - 2)) lines.push(line(` ${text}`, 'strong'));
  if (prompt.countdown !== undefined) lines.push(...countdownLines(prompt.countdown, symbols));
  if (prompt.finding !== undefined) lines.push(...factLines('Heard now', prompt.finding, cells, 'warning'));
  if (prompt.choices !== undefined)
    prompt.choices.forEach(({ title: choice }, index) =>
      lines.push([
        span(` ${index + 1}`, 'key'),
        span('  '),
        span(choice),
        ...(soleChoice(prompt) === undefined ? [] : [span('   Space', 'key'), span(' does the same', 'dim')]),
      ]),
    );
  if (places > 1)
    lines.push(line(` Asked once: the answer holds for all ${places} places that wait for it.`, 'dim'));
  if (prompt.kind === 'act')
    lines.push(
      prompt.canPerform
        ? [span(' Practice: '), span('w', 'key'), span(' does this for you on the virtual unit.')]
        : line(' No key for this: the prompt goes when the unit answers.', 'dim'),
    );
  return lines;
}

/** `OUT  3`, five rows high. The seconds stand in two places whatever they are, so that nothing moves. */
function countdownLines({ word, secondsLeft }: Countdown, symbols: Symbols): Line[] {
  const seconds = String(Math.max(0, Math.min(99, secondsLeft))).padStart(2);
  return [
    blank,
    ...blockLetters(`${word.slice(0, 5)} ${seconds}`, symbols).map((row) => line(`   ${row}`, 'active')),
    blank,
  ];
}

/** Drawn as the flow gives it: plain ASCII. */
export function wiringLines(page: WiringPage, cells: number, symbols: Symbols): Line[] {
  const drawing = page.drawing.replace(/^\n+|\s+$/g, '').split('\n');
  const lines: Line[] = [
    ruleLine(`wiring: ${page.title}`, cells, symbols),
    ...drawing.map((text) => line(` ${text}`)),
  ];
  page.notes.forEach((note, index) =>
    wrap(note, cells - 5).forEach((text, part) => {
      lines.push([span(part === 0 ? ` ${String(index + 1).padStart(2)} ` : '    ', 'key'), span(text)]);
    }),
  );
  return lines;
}

/** What is going on right now, with a bar where the end is known. */
export function progressLines(
  slot: SlotView,
  now: number,
  tick: number,
  cells: number,
  symbols: Symbols,
): Line[] {
  const powerMs = keepsPowerMs(slot, now);
  if (powerMs !== undefined)
    return [line(` ${DO_NOT_UNPLUG} for ${duration(powerMs)}`, 'warning'), line(` ${slotSentence(slot)}`)];
  const { progress } = slot;
  if (progress === undefined || slot.state === 'settled' || slot.state === 'take-out')
    return [line(` ${slotSentence(slot)}`)];
  if (progress.total === undefined || progress.total <= 0) {
    const count = progress.unit === 'tries' && progress.done > 0 ? ` ${progress.done} tries` : '';
    return [line(` ${symbols.spinner[tick % symbols.spinner.length] ?? ''} ${progress.label}${count}`)];
  }
  const share = Math.max(0, Math.min(1, progress.done / progress.total));
  const amount = progress.unit === 'bytes' ? `${bytes(progress.done)} of ${bytes(progress.total)}` : '';
  const rate = progress.unit === 'bytes' && progress.perSecond ? `  ${speed(progress.perSecond)}` : '';
  const eta = progress.etaMs === undefined ? '' : `  ${estimate(progress.etaMs)}`;
  return [
    line(` ${progress.label}`),
    [
      span(` ${barText(share, Math.max(8, Math.min(40, cells - 48)), symbols)}`, 'active'),
      span(` ${String(percentOf(share)).padStart(3)}%  ${amount}${rate}${eta}`),
    ],
  ];
}

export function factsOfUnit(
  slot: SlotView,
  batch: BatchView | undefined,
  cells: number,
  symbols: Symbols,
): Line[] {
  const { identity } = slot;
  const lines: Line[] = [ruleLine('unit', cells, symbols)];
  const fact = (label: string, text: string | undefined) => {
    if (text !== undefined && text !== '') lines.push(...factLines(label, text, cells));
  };
  fact('MAC', identity.mac ?? 'not read yet');
  fact('Chip', identity.chip);
  const flashSize = identity.flashSizeBytes === undefined ? '' : bytes(identity.flashSizeBytes);
  fact('Flash', [identity.flashId, flashSize].filter((text) => text !== undefined && text !== '').join(', '));
  if (slot.vitals !== undefined)
    lines.push(...factLines('Now', vitalsText(slot.vitals), cells, vitalsTone(slot.vitals)));
  fact('Link', slot.link.text);
  // What the outcome above says already is not said again.
  const told = slot.state === 'settled' || slot.state === 'take-out' ? slot.settled : undefined;
  if ((told?.firmware ?? []).length === 0)
    for (const file of batch?.firmware ?? []) fact('Firmware', `${file.title} (${file.sha256.slice(0, 6)})`);
  for (const warning of slot.warnings)
    if (told?.warnings.includes(warning) !== true)
      lines.push(...factLines('Warning', warning, cells, 'warning'));
  return lines;
}

/** Wide enough that nothing is cut or wrapped. */
const UNCUT_CELLS = 2000;

/** All that is known of a place, to be sent to somebody. */
export const reportLines = (slot: SlotView, symbols: Symbols): Line[] => [
  line(`${slot.label}  ${slot.link.text}  ${slot.identity.mac ?? 'MAC not read yet'}`),
  ...(slot.settled === undefined || slot.state === 'waiting'
    ? [line(slotSentence(slot))]
    : explain(slot.settled, UNCUT_CELLS, symbols)),
];
/** The same of a run in the records. */
export const runLines = (place: string, settled: SettledView, symbols: Symbols): Line[] => [
  line(`${place}  ${settled.identity.mac ?? 'MAC not read'}`),
  ...explain(settled, UNCUT_CELLS, symbols),
];
/** Part by part: what stands in flash, and what becomes of it. Nothing where the flow tells none. */
export function flashMapLines(slot: SlotView, cells: number, symbols: Symbols): Line[] {
  const { flashMap } = slot;
  if (flashMap === undefined) return [];
  const changes = flashMap.filter(({ becomes }) => becomes !== undefined).length;
  const note = changes === 0 ? '' : `${changes} of ${flashMap.length} parts change`;
  const lines = [ruleLine('flash map', cells, symbols, note)];
  for (const { name, offset, size, holds, good, becomes } of flashMap) {
    const place = ` ${name.padEnd(8)}${offset.toString(16).padStart(6, '0')} ${bytes(size).padStart(8)} `;
    const mark = becomes !== undefined ? symbols.running : good ? ' ' : symbols.stepFailed;
    const text = becomes === undefined ? holds : `will be ${becomes}`;
    const tone = becomes !== undefined ? 'active' : good ? 'plain' : 'warning';
    lines.push([
      span(place),
      span(`${mark} `, tone),
      span(cutEnd(text, cells - place.length - 2, symbols.ellipsis), tone),
    ]);
  }
  return lines;
}

/** Cycle mode: the verdict large, what to do now, and how the tray stands. */
export function cycleLines(slot: SlotView, batch: BatchView, cells: number, symbols: Symbols): Line[] {
  const { settled } = slot;
  const lines: Line[] = [ruleLine('jig', cells, symbols, 'F ends the batch after this unit')];
  if (settled !== undefined && (slot.state === 'take-out' || slot.state === 'settled')) {
    const tone = OUTCOME_TONES[settled.outcome];
    lines.push(blank, ...blockLetters(settled.outcome, symbols).map((row) => line(`   ${row}`, tone)), blank);
    lines.push(
      slot.state === 'take-out'
        ? [span('   '), span(` ${TAKE_OUT_TEXT} `, 'attention')]
        : line('   The batch has ended.', 'strong'),
    );
    lines.push(line(`   ${settled.identity.mac ?? 'MAC not read'}   ${settled.message}`), blank);
  }
  const earlier = batch.counts.outcomes;
  const tally = OUTCOMES.filter((outcome) => earlier[outcome] > 0).map(
    (outcome) => `${symbols.outcome[outcome]} ${earlier[outcome]} ${outcome.toLowerCase()}`,
  );
  lines.push(line(` So far: ${tally.length === 0 ? 'no unit yet' : tally.join('  ')}`, 'strong'));
  return lines;
}

export const settledLines = (slot: SlotView, cells: number, symbols: Symbols): Line[] =>
  slot.settled === undefined ? [] : explain(slot.settled, cells, symbols);
