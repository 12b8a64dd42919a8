import type { UnitVitals } from '../../../flows/flow.ts';
import { isLowBattery, isWeakSignal } from '../../core/unit-vitals.ts';
import { span } from '../text/line.ts';
import type { Span } from '../text/line.ts';
import { padStart } from '../text/measure.ts';
import type { Tone } from '../theme/theme.ts';

/** Battery and signal as far as they are known, and what is wrong with them: `battery 12 % (low), signal -91 dBm (weak)`. */
export function vitalsText({ batteryPercent, rssiDbm }: UnitVitals): string {
  const parts: string[] = [];
  if (batteryPercent !== undefined)
    parts.push(`battery ${batteryPercent} %${isLowBattery(batteryPercent) ? ' (low)' : ''}`);
  if (rssiDbm !== undefined) parts.push(`signal ${rssiDbm} dBm${isWeakSignal(rssiDbm) ? ' (weak)' : ''}`);
  return parts.join(', ');
}

export const vitalsTone = ({ batteryPercent, rssiDbm }: UnitVitals): Tone =>
  (batteryPercent !== undefined && isLowBattery(batteryPercent)) ||
  (rssiDbm !== undefined && isWeakSignal(rssiDbm))
    ? 'warning'
    : 'plain';

/** `87%`, `!12%`, and with room for a word `low 12%`. Right-aligned in `cells`. */
export function batteryCell(percent: number | undefined, cells: number, normal: Tone): Span {
  if (percent === undefined) return span(' '.repeat(cells));
  return mark(`${percent}%`, isLowBattery(percent) ? 'low' : undefined, cells, normal);
}

/** `-57`, `!-91`, and with room for a word `weak -91`, dBm. */
export function signalCell(rssiDbm: number | undefined, cells: number, normal: Tone): Span {
  if (rssiDbm === undefined) return span(' '.repeat(cells));
  return mark(String(rssiDbm), isWeakSignal(rssiDbm) ? 'weak' : undefined, cells, normal);
}

function mark(value: string, wrong: string | undefined, cells: number, normal: Tone): Span {
  if (wrong === undefined) return span(padStart(value, cells), normal);
  const withWord = `${wrong} ${value}`;
  return span(padStart(withWord.length <= cells ? withWord : `!${value}`, cells), 'warning');
}
