import type { SettledView } from '../../bench/view.ts';
import { isGood } from '../../core/outcome.ts';
import { bytes, duration } from '../text/format.ts';
import { span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutMiddle, padEnd, wrap } from '../text/measure.ts';
import { OUTCOME_TONES } from '../theme/theme.ts';
import type { Symbols } from '../theme/symbols.ts';
import type { Tone } from '../theme/theme.ts';

const LABEL = 14;

const BLAME_WORDS = {
  device: 'the device',
  bench: 'the bench: wiring, power, link, adapter or file',
  operator: 'a choice at the bench, not a fault of the unit',
} as const;

/** A settled run explained: what happened, whose fault, what to do now, what a retry repeats, and the evidence. */
export function explain(settled: SettledView, cells: number, symbols: Symbols): Line[] {
  const { outcome } = settled;
  const code = settled.code === undefined ? '' : `  ${settled.code}`;
  const lines: Line[] = [
    [
      span(` ${symbols.outcome[outcome]} ${outcome}`, OUTCOME_TONES[outcome]),
      span(` at ${settled.step}${code}`, 'strong'),
      span(`   run ${settled.run}, ${duration(settled.seconds * 1000)}, tries ${settled.tries}`, 'dim'),
    ],
  ];
  const fact = (label: string, text: string | undefined, tone?: Tone) => {
    if (text !== undefined && text !== '') lines.push(...factLines(label, text, cells, tone));
  };
  fact('What happened', settled.message);
  if (settled.advice !== undefined) fact('Do now', settled.advice, 'strong');
  if (settled.blame !== undefined) fact('Whose fault', BLAME_WORDS[settled.blame]);
  if (!isGood(outcome)) fact('If retried', settled.retry);
  fact('Go on with', settled.next);
  fact('Proof', settled.proof.length > 0 ? settled.proof.join(', ') : 'none');
  fact('Evidence', settled.evidence);
  fact('Not done', settled.notDone?.join('; '));
  for (const warning of settled.warnings) fact('Warning', warning, 'warning');
  if (settled.backup === undefined) fact('Backup', 'none taken in this run');
  else {
    const { file, sha256, bytes: size } = settled.backup;
    lines.push(...pathLines('Backup', file, cells, symbols));
    lines.push(
      ...factLines('', `${bytes(size)}, sha256 ${sha256.slice(0, 16)}${symbols.ellipsis}`, cells, 'dim'),
    );
  }
  for (const { slot, file, sha256 } of settled.firmware)
    lines.push(...pathLines('Firmware', `${slot}: ${file} (${sha256.slice(0, 6)})`, cells, symbols));
  fact('Written', settled.bytesWritten > 0 ? bytes(settled.bytesWritten) : 'nothing');
  fact('Note', settled.note);
  return lines;
}

/** A label and its text, wrapped under each other. */
export function factLines(label: string, text: string, cells: number, tone?: Tone): Line[] {
  const parts = wrap(text, cells - LABEL - 3).filter((part) => part !== '');
  return parts.map((part, index) => [
    span(` ${padEnd(index === 0 ? label : '', LABEL)} `, 'dim'),
    span(part, tone),
  ]);
}

const pathLines = (label: string, path: string, cells: number, symbols: Symbols): Line[] =>
  factLines(label, cutMiddle(path, cells - LABEL - 3, symbols.ellipsis), cells);
