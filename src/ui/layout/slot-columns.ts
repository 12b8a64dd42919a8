/** Widths in cells of the columns of a slot row; 0 leaves a column out. One space stands between columns. */
export interface SlotColumns {
  readonly total: number;
  readonly number: number;
  readonly state: number;
  readonly place: number;
  /** 17 the whole MAC, 6 its last six digits. */
  readonly unit: 0 | 6 | 17;
  /** What is going on: a bar, a sentence. Takes what is left. */
  readonly middle: number;
  /** Charge of the battery and strength of the signal, where units have them. */
  readonly battery: number;
  readonly signal: number;
  readonly speed: number;
  readonly time: number;
  readonly tries: number;
}

/** `> ` or ` *` before the number. */
export const MARGIN = 2;
/** Glyph, space, the longest word that a running batch shows (`STOPPING`, `TAKE OUT`). */
const STATE = 10;
/** `~00:31`, and `1:02:03` of the rare long run. */
const TIME = 7;
const SPEED = 10;
/** `100%`, `!12%`; `low 12%` where there is room for the word. */
const BATTERY = { short: 4, long: 7 } as const;
/** `-57`, `!-101`; `weak -91`. */
const SIGNAL = { short: 5, long: 8 } as const;
/** Below this a sentence says nothing any more. */
const LEAST_MIDDLE = 18;

/**
 * Which columns fit: as the room shrinks speed goes first, then tries, then the long form of the unit, then signal
 * and battery, then the unit; the place is cut last.
 */
export function slotColumns(
  total: number,
  facts: { readonly slots: number; readonly longestPlace: number; readonly hasVitals?: boolean },
): SlotColumns {
  const number = Math.max(2, String(facts.slots).length);
  const place = Math.max(5, Math.min(facts.longestPlace, Math.floor(total / 6)));
  const fixed = MARGIN + (number + 1) + (STATE + 1) + (place + 1) + (TIME + 1);
  let room = total - fixed - LEAST_MIDDLE;
  const take = (cells: number, wanted = true): number => {
    if (!wanted || room < cells + 1) return 0;
    room -= cells + 1;
    return cells;
  };
  const shortUnit = take(6);
  const hasVitals = facts.hasVitals === true;
  const form = total >= 96 ? 'long' : 'short';
  const battery = take(BATTERY[form], hasVitals);
  const signal = take(SIGNAL[form], hasVitals);
  const tries = take(3, total >= 76);
  const speed = take(SPEED, total >= 96);
  const unit = shortUnit === 6 && room >= 11 && total >= 96 ? 17 : shortUnit === 6 ? 6 : 0;
  if (unit === 17) room -= 11;
  const middle = LEAST_MIDDLE + room;
  return { total, number, state: STATE, place, unit, middle, battery, signal, speed, time: TIME, tries };
}

/** How the middle of a running row is shared between label, bar and percentage. */
export function progressCells(middle: number): {
  readonly label: number;
  readonly bar: number;
  readonly percent: number;
} {
  const percent = 4;
  const bar = Math.max(6, Math.min(16, Math.floor((middle - percent - 2) / 3)));
  const label = middle - bar - percent - 2;
  return label < 6 ? { label: 0, bar: middle - percent - 1, percent } : { label, bar, percent };
}
