export interface RowWindow {
  /** Index of the first visible row. */
  readonly top: number;
  /** Index after the last visible row. */
  readonly end: number;
  readonly above: number;
  readonly below: number;
}

/**
 * Which of `count` rows are drawn in `height` lines so that `cursor` is among them. Stays at `previousTop` while
 * it can: nothing moves but what the person moves.
 */
export function windowRows(count: number, cursor: number, height: number, previousTop = 0): RowWindow {
  const visible = Math.max(0, Math.min(height, count));
  const highestTop = count - visible;
  let top = Math.max(0, Math.min(previousTop, highestTop));
  if (visible > 0) {
    if (cursor < top) top = Math.max(0, cursor);
    if (cursor >= top + visible) top = Math.min(highestTop, cursor - visible + 1);
  }
  return { top, end: top + visible, above: top, below: count - top - visible };
}

/** `3 above / 41 below`, or nothing when all rows are in sight. */
export function windowText({ above, below }: RowWindow): string {
  if (above === 0 && below === 0) return '';
  if (above === 0) return `${below} below`;
  return below === 0 ? `${above} above` : `${above} above / ${below} below`;
}
