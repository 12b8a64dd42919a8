import { sanitize } from '../../core/text.ts';
import { toAscii } from '../theme/symbols.ts';
import type { Theme, Tone } from '../theme/theme.ts';
import { cutEnd, width } from './measure.ts';

/** A piece of a line and what it means. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

/** One row of the screen. */
export type Line = readonly Span[];

export const span = (text: string, tone?: Tone): Span => (tone === undefined ? { text } : { text, tone });
export const line = (text: string, tone?: Tone): Line => [span(text, tone)];
export const blank: Line = [];

export const lineText = (spans: Line): string => spans.map(({ text }) => text).join('');

export const lineWidth = (spans: Line): number => spans.reduce((sum, { text }) => sum + width(text), 0);

/** Left and right part on one row; the right one goes first when there is no room for both. */
export function spread(left: Line, right: Line, cells: number): Line {
  const gap = cells - lineWidth(left) - lineWidth(right);
  return gap < 1 ? left : [...left, span(' '.repeat(gap)), ...right];
}

export interface Ink {
  readonly theme: Theme;
  readonly ascii: boolean;
  readonly ellipsis: string;
}

// eslint-disable-next-line no-control-regex -- what must never reach the terminal
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/**
 * The row as text with its looks, never wider than `cells`. The one gate between any text (a device's, a file's)
 * and the terminal: control characters do not pass, and with `ascii` nothing else does.
 */
export function drawLine(spans: Line, cells: number, ink: Ink): string {
  let room = cells;
  let drawn = '';
  for (const { text, tone = 'plain' } of spans) {
    if (room <= 0) break;
    let safe = UNSAFE.test(text) ? cleaned(text) : text;
    if (ink.ascii) safe = toAscii(safe);
    const taken = width(safe);
    if (taken > room) safe = cutEnd(safe, room, ink.ellipsis);
    room -= taken;
    const [open, close] = ink.theme[tone];
    drawn += open + safe + close;
  }
  return drawn;
}

/** Sanitising trims; the spaces around a span are layout and stay. */
function cleaned(text: string): string {
  const before = /^ */.exec(text)?.[0] ?? '';
  const after = /[^ ]( *)$/.exec(text)?.[1] ?? '';
  return before + sanitize(text) + after;
}
