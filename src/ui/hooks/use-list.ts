import { useRef } from 'react';
import { windowRows } from '../layout/window.ts';
import type { RowWindow } from '../layout/window.ts';
import type { Commands } from './use-commands.ts';
import { useRemembered } from './use-stores.ts';

export interface List {
  readonly cursor: number;
  readonly window: RowWindow;
  readonly move: (to: number) => void;
  /** The keys that move the cursor. */
  readonly commands: Commands;
}

/** Where a cursor stands: on a row, and on what is in it. */
interface Standing {
  readonly at: number;
  readonly id?: string | undefined;
}

const FIRST: Standing = { at: 0 };

/**
 * A cursor over `count` rows drawn in `height` lines; outlives the screen being covered. With `ids` of the rows it
 * belongs to what is in its row: rows that come and go before it do not move it.
 */
export function useList(key: string, count: number, height: number, ids?: readonly string[]): List {
  const [remembered, remember] = useRemembered(key, FIRST);
  const top = useRef(0);
  const found = remembered.id === undefined ? -1 : (ids?.indexOf(remembered.id) ?? -1);
  const cursor = Math.max(0, Math.min(found >= 0 ? found : remembered.at, count - 1));
  const window = windowRows(count, cursor, height, top.current);
  top.current = window.top;
  const move = (to: number) => {
    const at = Math.max(0, Math.min(to, count - 1));
    remember({ at, id: ids?.[at] });
  };
  const page = Math.max(1, height - 1);
  return {
    cursor,
    window,
    move,
    commands: {
      up: () => move(cursor - 1),
      down: () => move(cursor + 1),
      first: () => move(0),
      last: () => move(count - 1),
      pageUp: () => move(cursor - page),
      pageDown: () => move(cursor + page),
    },
  };
}

/** A text of `count` lines drawn in `height`: the keys move the text, not a cursor. */
export function useScroll(key: string, count: number, height: number): List {
  const [remembered, remember] = useRemembered(key, 0);
  const highest = Math.max(0, count - height);
  const top = Math.max(0, Math.min(remembered, highest));
  const move = (to: number) => remember(Math.max(0, Math.min(to, highest)));
  const page = Math.max(1, height - 1);
  return {
    cursor: top,
    window: { top, end: Math.min(count, top + height), above: top, below: Math.max(0, count - top - height) },
    move,
    commands: {
      up: () => move(top - 1),
      down: () => move(top + 1),
      first: () => move(0),
      last: () => move(highest),
      pageUp: () => move(top - page),
      pageDown: () => move(top + page),
    },
  };
}
