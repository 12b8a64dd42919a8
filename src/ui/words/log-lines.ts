import type { LogLine } from '../../core/log.ts';
import { timeOfDay } from '../text/format.ts';
import { span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { wrap } from '../text/measure.ts';
import type { Tone } from '../theme/theme.ts';

const LEVEL_TONES: Readonly<Record<LogLine['level'], Tone>> = {
  info: 'plain',
  warn: 'warning',
  error: 'fail',
  device: 'dim',
};
/** Colour alone would not say it. */
const LEVEL_MARKS: Readonly<Record<LogLine['level'], string>> = {
  info: '',
  warn: 'warning: ',
  error: 'error: ',
  device: '> ',
};

/** A line of the log, wrapped; what came from the device is marked with `>`. */
export function logLines({ time, level, text }: LogLine, cells: number, tone?: Tone): Line[] {
  const clock = timeOfDay(time);
  const indent = clock.length + 2;
  return wrap(LEVEL_MARKS[level] + text, cells - indent - 1).map((part, index) => [
    span(index === 0 ? ` ${clock} ` : ' '.repeat(indent), 'dim'),
    span(part, tone ?? LEVEL_TONES[level]),
  ]);
}

/** The end of a log in at most `height` rows. */
export function logTail(log: readonly LogLine[], cells: number, height: number): Line[] {
  const rows: Line[] = [];
  for (let index = log.length - 1; index >= 0 && rows.length < height; index--) {
    const entry = log[index];
    if (entry !== undefined) rows.unshift(...logLines(entry, cells));
  }
  return rows.slice(Math.max(0, rows.length - height));
}
