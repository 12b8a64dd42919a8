import type { SlotView } from '../../bench/view.ts';
import type { KeyRow } from '../keys/key-table.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { nextWaiting, waitingForPerson } from '../words/attention.ts';
import { slotOfScan } from '../words/bench-rows.ts';
import { isOpen } from '../words/slot-words.ts';
import type { BenchRows } from './use-bench-rows.ts';
import { useCommands } from './use-commands.ts';
import { useSlotCommands } from './use-slot-commands.ts';
import { useFrame } from './use-stores.ts';

/** Keys of the dashboard. Returns what works now. */
export function useBenchCommands(rows: BenchRows, page: number): readonly KeyRow[] {
  const { bench, screen, services } = useScreenContext();
  const { view } = useFrame();
  const { slots, slot, batch, batches, marks } = rows;
  const marked = slots.filter(({ id }) => marks.has(id));
  const targets = marked.length > 0 ? marked : slot === undefined ? [] : [slot];
  const index = slot === undefined ? -1 : slots.indexOf(slot);

  const to = (position: number) =>
    rows.setCursor(slots[Math.max(0, Math.min(position, slots.length - 1))]?.id);
  const toBatch = (step: number) => {
    const next = batches[batches.findIndex(({ id }) => id === batch?.id) + step];
    if (next !== undefined) rows.setCursor(slots.find(({ batchId }) => batchId === next.id)?.id);
  };
  const everyOpen = batches.flatMap(({ slots: all }) => all).filter(isOpen);

  return useCommands({
    screen: 'bench',
    context: {
      slot,
      targets,
      batch,
      batchCount: batches.length,
      waiting: waitingForPerson(view).length,
      canOpen: slot !== undefined,
      canClose: batch?.endedAt !== undefined,
      readOnlyBecause: services.readOnlyBecause,
    },
    commands: {
      ...useSlotCommands(targets, slot),
      up: () => to(index - 1),
      down: () => to(index + 1),
      first: () => to(0),
      last: () => to(slots.length - 1),
      pageUp: () => to(index - page),
      pageDown: () => to(index + page),
      open: () => {
        if (slot !== undefined) screen.push({ name: 'device', slotId: slot.id });
      },
      nextWaiting: () => {
        const next = nextWaiting(
          view.batches.flatMap((each) => each.slots),
          slot?.id,
        );
        if (next === undefined) return;
        rows.show(next);
        if (!slots.includes(next) && rows.filter !== '') screen.say('The filter is off: it hid this place.');
      },
      mark: () => {
        if (slot === undefined) return;
        rows.setMarks(toggled(marks, slot.id));
        to(index + 1);
      },
      range: () => {
        if (slot === undefined) return;
        const from = slots.findIndex(({ id }) => id === rows.anchor);
        if (from < 0) {
          rows.setAnchor(slot.id);
          screen.say('Range begins here: go to its other end and press v again.');
          return;
        }
        const range = slots.slice(Math.min(from, index), Math.max(from, index) + 1);
        rows.setMarks(new Set([...marks, ...range.map(({ id }) => id)]));
        rows.setAnchor(undefined);
      },
      all: () => rows.setMarks(new Set(marked.length === slots.length ? [] : slots.map(({ id }) => id))),
      invert: () => rows.setMarks(new Set(slots.filter(({ id }) => !marks.has(id)).map(({ id }) => id))),
      filter: () =>
        screen.ask({
          kind: 'input',
          title: 'Show which places?',
          hint: 'A piece of text: state, place, MAC, message. !text shows the others. Empty shows all.',
          value: rows.filter,
          change: rows.setFilter,
          giveUp: () => rows.setFilter(rows.filter),
          run: rows.setFilter,
        }),
      cancelAll: () =>
        screen.ask({
          kind: 'confirm',
          title: 'Cancel all?',
          lines: cancelLines(everyOpen),
          typed: 'cancel all',
          yes: 'to stop them all',
          run: () => bench.cancel(everyOpen.map(({ id }) => id)),
        }),
      new: () => screen.push({ name: 'new' }),
      previousBatch: () => toBatch(-1),
      nextBatch: () => toBatch(1),
      close: () => {
        if (batch !== undefined) rows.hide(batch.id);
      },
      back: () => screen.back(),
    },
    scan: (text) => {
      const found = slotOfScan(view, text);
      if (found === undefined)
        screen.say(`Scanned ${text}: no place here has that MAC, name or link.`, 'warning');
      else {
        rows.setCursor(found.id);
        screen.say(`Scanned ${text}: ${found.label}.`);
      }
    },
  });
}

const toggled = (marks: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  new Set(marks.has(id) ? [...marks].filter((other) => other !== id) : [...marks, id]);

function cancelLines(open: readonly SlotView[]): string[] {
  const writing = open.filter((slot) => slot.writing).map(({ label }) => label);
  const lines = [`${open.length} places are at work or wait; each stops at its next safe point.`];
  if (writing.length > 0)
    lines.push(`A write has begun: ${writing.join(', ')}. They stop where they can still be recovered.`);
  return lines;
}
