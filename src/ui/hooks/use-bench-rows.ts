import { useRef } from 'react';
import type { BatchView, BenchView, SlotView } from '../../bench/view.ts';
import { windowRows } from '../layout/window.ts';
import type { RowWindow } from '../layout/window.ts';
import { benchRows, findBatch } from '../words/bench-rows.ts';
import type { BenchRow } from '../words/bench-rows.ts';
import { useRemembered } from './use-stores.ts';

const NO_IDS: ReadonlySet<string> = new Set();

export interface BenchRows {
  /** Those not put away. */
  readonly batches: readonly BatchView[];
  readonly items: readonly BenchRow[];
  /** Slots in sight of the filter, in order. */
  readonly slots: readonly SlotView[];
  /** Under the cursor. */
  readonly slot: SlotView | undefined;
  readonly batch: BatchView | undefined;
  readonly marks: ReadonlySet<string>;
  readonly filter: string;
  readonly anchor: string | undefined;
  readonly setCursor: (slotId: string | undefined) => void;
  readonly setMarks: (marks: ReadonlySet<string>) => void;
  readonly setFilter: (filter: string) => void;
  readonly setAnchor: (slotId: string | undefined) => void;
  readonly hide: (batchId: string) => void;
  /** Puts the cursor on a place, in sight whatever hid it. */
  readonly show: (slot: SlotView) => void;
  readonly inHeight: (height: number) => Visible;
}

export interface Visible {
  readonly items: readonly BenchRow[];
  readonly cursorIndex: number;
  readonly slot: SlotView | undefined;
  readonly marks: ReadonlySet<string>;
  readonly filter: string;
  readonly window: RowWindow;
}

/** Cursor, marks and filter of the dashboard. The cursor belongs to a slot, not to a line: only the person moves it. */
export function useBenchRows(view: BenchView): BenchRows {
  const [cursor, setCursor] = useRemembered<string | undefined>('bench.cursor', undefined);
  const [marks, setMarks] = useRemembered('bench.marks', NO_IDS);
  const [filter, setFilter] = useRemembered('bench.filter', '');
  const [hidden, setHidden] = useRemembered('bench.hidden', NO_IDS);
  const [anchor, setAnchor] = useRemembered<string | undefined>('bench.anchor', undefined);
  const top = useRef(0);

  const batches = view.batches.filter(({ id }) => !hidden.has(id));
  const items = benchRows(batches, filter);
  const slots = items.flatMap((item) => (item.kind === 'slot' ? [item.slot] : []));
  const slot = slots.find(({ id }) => id === cursor) ?? slots[0];
  const cursorIndex = items.findIndex((item) => item.kind === 'slot' && item.slot === slot);
  return {
    batches,
    items,
    slots,
    slot,
    batch: slot === undefined ? batches.at(-1) : findBatch(view, slot.batchId),
    marks,
    filter,
    anchor,
    setCursor,
    setMarks,
    setFilter,
    setAnchor,
    hide: (batchId) => setHidden(new Set([...hidden, batchId])),
    show(place) {
      setHidden(new Set([...hidden].filter((id) => id !== place.batchId)));
      if (!slots.includes(place)) setFilter('');
      setCursor(place.id);
    },
    inHeight(height) {
      // The heading of the first batch stays in sight when the cursor is on its first row.
      const wanted = cursorIndex === 1 && items[0]?.kind === 'batch' ? 0 : cursorIndex;
      const kept = windowRows(items.length, Math.max(0, wanted), height, top.current);
      const window = windowRows(items.length, Math.max(0, cursorIndex), height, kept.top);
      top.current = window.top;
      return { items, cursorIndex, slot, marks, filter, window };
    },
  };
}
