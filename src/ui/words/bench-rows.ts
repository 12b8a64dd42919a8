import type { BatchView, BenchView, SlotView } from '../../bench/view.ts';
import { isOpen, slotSentence, stateMark } from './slot-words.ts';
import { asciiSymbols } from '../theme/symbols.ts';

/** What stands in the rows of the dashboard: with more than one batch, each under its own heading. */
export type BenchRow =
  { readonly kind: 'batch'; readonly batch: BatchView } | { readonly kind: 'slot'; readonly slot: SlotView };

export function benchRows(batches: readonly BatchView[], filter: string): readonly BenchRow[] {
  const matches = matcher(filter);
  return batches.flatMap((batch): BenchRow[] => {
    const slots = batch.slots.filter(matches).map((slot): BenchRow => ({ kind: 'slot', slot }));
    return batches.length > 1 ? [{ kind: 'batch', batch }, ...slots] : slots;
  });
}

/** `text` keeps the rows that have it anywhere, `!text` the others. */
export function matcher(filter: string): (slot: SlotView) => boolean {
  const inverse = filter.startsWith('!');
  const wanted = (inverse ? filter.slice(1) : filter).trim().toLowerCase();
  if (wanted === '') return () => true;
  return (slot) => {
    const text = [
      slot.number,
      slot.label,
      slot.link.text,
      slot.identity.mac ?? '',
      slot.identity.mac?.replaceAll(':', '') ?? '',
      stateMark(slot, asciiSymbols).word,
      slot.settled?.code ?? '',
      slotSentence(slot),
    ]
      .join(' ')
      .toLowerCase();
    return text.includes(wanted) !== inverse;
  };
}

/** The slot a scanned label means: a MAC or its last six digits, the name of the place, or its link. */
export function slotOfScan(view: BenchView, scan: string): SlotView | undefined {
  const text = scan.trim().toLowerCase();
  const digits = text.replaceAll(/[^0-9a-f]/g, '');
  return view.batches
    .flatMap((batch) => batch.slots)
    .findLast(({ label, link, identity }) => {
      const mac = identity.mac?.replaceAll(':', '');
      return (
        label.toLowerCase() === text ||
        link.text.toLowerCase() === text ||
        (mac !== undefined && (digits === mac || (digits.length === 6 && mac.endsWith(digits))))
      );
    });
}

/** Which batch is at work on a link now. */
export function inUse(view: BenchView, link: string): string | undefined {
  return view.batches.flatMap(({ slots }) => slots).find((slot) => slot.link.text === link && isOpen(slot))
    ?.batchId;
}

export const findSlot = (view: BenchView, slotId: string): SlotView | undefined =>
  view.batches.flatMap((batch) => batch.slots).find(({ id }) => id === slotId);

export const findBatch = (view: BenchView, batchId: string): BatchView | undefined =>
  view.batches.find(({ id }) => id === batchId);
