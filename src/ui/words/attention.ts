import type { BenchView, SlotView } from '../../bench/view.ts';
import { needsPerson, TAKE_OUT_TEXT } from './slot-words.ts';

export interface Attention {
  /** The one that has waited longest. */
  readonly slot: SlotView;
  /** What to do there, one sentence. */
  readonly text: string;
  readonly since: number;
  readonly others: number;
  /** Identity of the request, for one bell each. */
  readonly key: string;
}

const since = (slot: SlotView): number => slot.prompt?.askedAt ?? slot.settledAt ?? 0;

export const attentionKey = (slot: SlotView): string =>
  slot.prompt?.id ?? `${slot.id}/${slot.run ?? 0}/take-out`;

export const waitingForPerson = (view: BenchView): readonly SlotView[] =>
  view.batches
    .flatMap((batch) => batch.slots)
    .filter(needsPerson)
    .sort((a, b) => since(a) - since(b));

export function attention(view: BenchView): Attention | undefined {
  const [slot, ...others] = waitingForPerson(view);
  if (slot === undefined) return undefined;
  const text =
    slot.state === 'take-out' && slot.prompt === undefined
      ? `${slot.settled?.outcome ?? ''} ${TAKE_OUT_TEXT}`
      : (slot.prompt?.text ?? 'waits for you');
  return { slot, text: text.trim(), since: since(slot), others: others.length, key: attentionKey(slot) };
}

/** The next slot after `currentId` that waits for a person, in the order of the rows. */
export function nextWaiting(slots: readonly SlotView[], currentId: string | undefined): SlotView | undefined {
  const start = slots.findIndex(({ id }) => id === currentId) + 1;
  return [...slots.slice(start), ...slots.slice(0, start)].find(needsPerson);
}
