import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benchLayout } from '../../src/ui/layout/bench-layout.ts';
import { MARGIN, progressCells, slotColumns } from '../../src/ui/layout/slot-columns.ts';
import { windowRows, windowText } from '../../src/ui/layout/window.ts';
import { bytes, duration, estimate, shortDuration, speed } from '../../src/ui/text/format.ts';
import { drawLine, lineText, lineWidth, span, spread } from '../../src/ui/text/line.ts';
import { cutEnd, cutMiddle, padEnd, width, wrap } from '../../src/ui/text/measure.ts';
import { asciiSymbols, toAscii, unicodeSymbols } from '../../src/ui/theme/symbols.ts';
import type { Symbols } from '../../src/ui/theme/symbols.ts';
import { colourTheme, plainTheme } from '../../src/ui/theme/theme.ts';
import { slotHeadings, slotRow } from '../../src/ui/words/slot-row.ts';
import { runningSlot, settledSlot, twelve } from './slots.ts';

const facts = { now: 0, tick: 0, cursor: false, marked: false };

describe('the columns of the dashboard', () => {
  const places = fc.record({
    slots: fc.integer({ min: 1, max: 1024 }),
    longestPlace: fc.integer({ min: 1, max: 40 }),
    hasVitals: fc.boolean(),
  });

  it('always fill the width exactly, from 60 columns on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 300 }), places, (total, given) => {
        const columns = slotColumns(total, given);
        const { number, state, place, unit, middle, battery, signal, speed: rate, time, tries } = columns;
        const cells = [number, state, place, unit, middle, battery, signal, rate, time, tries];
        const used = cells.filter((each) => each > 0);
        expect(MARGIN + used.reduce((sum, each) => sum + each, 0) + used.length - 1).toBe(total);
        expect(middle).toBeGreaterThanOrEqual(18);
        const { label, bar, percent } = progressCells(middle);
        expect(label + bar + percent + (label > 0 ? 2 : 1)).toBe(middle);
      }),
    );
  });

  it('drop speed first, then tries, then the long form of the unit', () => {
    const at = (total: number) => slotColumns(total, { slots: 12, longestPlace: 8 });
    expect(at(100)).toMatchObject({ unit: 17, speed: 10, tries: 3 });
    expect(at(80)).toMatchObject({ unit: 6, speed: 0, tries: 3 });
    expect(at(60)).toMatchObject({ unit: 6, speed: 0, tries: 0 });
  });

  it('have battery and signal only where units have them, with the words from 96 columns on', () => {
    const at = (total: number, hasVitals: boolean) =>
      slotColumns(total, { slots: 12, longestPlace: 8, hasVitals });
    expect(at(100, false)).toMatchObject({ battery: 0, signal: 0 });
    expect(at(100, true)).toMatchObject({ battery: 7, signal: 8 });
    expect(at(80, true)).toMatchObject({ battery: 4, signal: 5, unit: 6 });
    expect(at(60, true)).toMatchObject({ battery: 0, signal: 0, unit: 6 });
    const weak = runningSlot(1, 'flash', { vitals: { batteryPercent: 12, rssiDbm: -101 } });
    const text = (total: number) => lineText(slotRow(weak, at(total, true), unicodeSymbols, facts));
    expect(text(80)).toContain('!12% !-101');
    expect(text(100)).toContain('low 12%');
  });

  it('never jitter: every row is as wide as the headings, whatever it says', () => {
    const hostile = runningSlot(3, 'flash', {
      label: 'a very long name of a place on this bench',
      vitals: { batteryPercent: 100, rssiDbm: -127 },
      progress: {
        label: 'writing 漢字漢字漢字漢字漢字漢字漢字漢字',
        done: 1,
        total: 3,
        unit: 'bytes',
        perSecond: 123_456_789,
        etaMs: 5_000_000,
      },
    });
    for (const total of [60, 80, 100, 140])
      for (const slot of [...twelve(), hostile, { ...settledSlot(4, 'PASS'), state: 'take-out' as const }]) {
        const columns = slotColumns(total, { slots: 12, longestPlace: 30, hasVitals: true });
        expect(lineWidth(slotRow(slot, columns, unicodeSymbols, facts))).toBe(total);
        expect(lineWidth(slotHeadings(columns))).toBe(total);
      }
  });

  it('leave the rows of the dashboard room at every size, and put the log beside the table from 120 columns on', () => {
    for (const [columns, rows] of [
      [60, 16],
      [80, 24],
      [100, 30],
      [140, 40],
    ] as const) {
      const layout = benchLayout(columns, rows - 1, 64);
      expect(layout.rows).toBeGreaterThanOrEqual(8);
      expect(layout.logColumns > 0).toBe(columns >= 120);
      expect(layout.rows + layout.sentence + layout.logRows + 6).toBe(rows - 1);
    }
    expect(benchLayout(100, 29, 12).logRows).toBeGreaterThan(2);
  });
});

describe('the window of rows', () => {
  it('holds the cursor, stays where it was while it can, and counts what is out of sight', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.nat(200),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(200),
        (count, at, height, top) => {
          const cursor = Math.min(at, Math.max(0, count - 1));
          const window = windowRows(count, cursor, height, top);
          expect(window.end - window.top).toBe(Math.min(count, height));
          expect(window.above + (window.end - window.top) + window.below).toBe(count);
          if (count > 0) expect(cursor >= window.top && cursor < window.end).toBe(true);
          const again = windowRows(count, cursor, height, window.top);
          expect(again.top).toBe(window.top);
        },
      ),
    );
  });

  it('says so in words', () => {
    expect(windowText({ top: 0, end: 5, above: 0, below: 0 })).toBe('');
    expect(windowText({ top: 3, end: 5, above: 3, below: 41 })).toBe('3 above / 41 below');
    expect(windowText({ top: 3, end: 5, above: 3, below: 0 })).toBe('3 above');
  });
});

describe('text in cells', () => {
  const ink = { theme: plainTheme, ascii: false, ellipsis: '…' };

  it('is never cut wider than asked, nor wrapped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, cells) => {
        const safe = text.replaceAll(/\p{C}/gu, '');
        expect(width(cutEnd(safe, cells))).toBeLessThanOrEqual(cells);
        expect(width(cutMiddle(safe, cells))).toBeLessThanOrEqual(cells);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 2, max: 40 }), (text, cells) => {
        const lines = wrap(text, cells);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(cells);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(/[ \n]/g, ''));
      }),
    );
  });

  it('is cut in the middle where both ends count', () => {
    expect(cutMiddle('/backups/246f2810aa03/full.bin', 15)).toBe('/backup…ull.bin');
    expect(cutEnd('What is in flash is not what was written', 20)).toBe('What is in flash is…');
    expect(cutEnd('漢字漢字', 5)).toBe('漢字…');
    expect(padEnd('漢', 4)).toBe('漢  ');
  });

  it('keeps right what stands on the right, or leaves it out', () => {
    expect(lineWidth(spread([span('left')], [span('right')], 20))).toBe(20);
    expect(spread([span('left')], [span('right')], 9)).toEqual([span('left')]);
  });

  it('lets no control character and no escape sequence through to the terminal', () => {
    const hostile = '\u001b[2J\u001b]0;owned\u0007bo\u202eot\r\n\u0000\u009b31m';
    const drawn = drawLine([span(hostile)], 60, ink);
    // eslint-disable-next-line no-control-regex -- exactly these must be gone
    expect(drawn).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(drawn).toContain('boot');
  });

  it('draws nothing but ASCII when told so', () => {
    expect(toAscii('°C – “ok” … 漢')).toBe('?C - "ok" .. ?');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 60 }), (text, cells) => {
        const drawn = drawLine([span(text)], cells, { ...ink, ascii: true, ellipsis: '..' });
        expect(drawn).toMatch(/^[\x20-\x7e]*$/);
        expect(drawn.length).toBeLessThanOrEqual(cells);
      }),
    );
  });

  it('has an ASCII twin of the same width for every glyph', () => {
    const one = (symbols: Symbols) => [
      ...Object.values(symbols.outcome),
      ...symbols.spinner,
      symbols.running,
      symbols.needsOperator,
      symbols.waiting,
      symbols.cancelling,
      symbols.takeOut,
      symbols.barFull,
      symbols.barEmpty,
      symbols.horizontal,
      symbols.vertical,
      symbols.block,
    ];
    for (const glyph of [...one(unicodeSymbols), ...one(asciiSymbols)]) expect(width(glyph)).toBe(1);
    expect(new Set(Object.values(unicodeSymbols.outcome)).size).toBe(8);
    expect(new Set(Object.values(asciiSymbols.outcome)).size).toBe(8);
  });

  it('are told from the wide squares among the blocks', () => {
    expect(['\u25fc', '\u25fd', '\u25fe', '\u25ff'].map(width)).toEqual([1, 2, 2, 1]);
  });

  it('has looks without colour for every meaning', () => {
    // eslint-disable-next-line no-control-regex -- SGR begins with ESC
    for (const [open] of Object.values(plainTheme)) expect(open).toMatch(/^(\u001b\[[127]m)*$/);
    expect(Object.keys(plainTheme)).toEqual(Object.keys(colourTheme));
  });

  it('writes times, sizes and speeds with their units', () => {
    expect(duration(41_000)).toBe('00:41');
    expect(duration(3_723_000)).toBe('1:02:03');
    expect(shortDuration(36_300_000)).toBe('10h05');
    expect(estimate(31_000)).toBe('~00:31');
    expect(estimate(5_000_000)).toBe('~1h23');
    expect(bytes(4 * 2 ** 20)).toBe('4 MiB');
    expect(bytes(917_504)).toBe('896 KiB');
    expect(bytes(12)).toBe('12 B');
    expect(speed(78_000)).toBe('78 kB/s');
    expect(speed(8_123)).toBe('8.1 kB/s');
    expect(speed(1_500_000)).toBe('1.5 MB/s');
  });
});
