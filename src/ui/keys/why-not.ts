import type { BatchView, SlotView } from '../../bench/view.ts';
import { isGood } from '../../core/outcome.ts';
import { isOpen, soleChoice } from '../words/slot-words.ts';

/** What the rules of the key table look at. Screens fill in what they have. */
export interface KeyContext {
  /** Under the cursor. */
  readonly slot?: SlotView | undefined;
  /** What an act on slots acts on: the marked rows, else the cursor row. */
  readonly targets?: readonly SlotView[];
  readonly batch?: BatchView | undefined;
  readonly batchCount?: number;
  /** How many places wait for a person. */
  readonly waiting?: number;
  /** Something Enter can open. */
  readonly canOpen?: boolean;
  readonly hasNote?: boolean;
  readonly hasWiring?: boolean;
  readonly hasMatch?: boolean;
  readonly isJob?: boolean;
  /** The row can be put away: an ended batch. */
  readonly canClose?: boolean;
  readonly canType?: boolean;
  readonly canSave?: boolean;
  /** Units are taken by radio here. */
  readonly canArm?: boolean;
  /** Units are taken over the network here. */
  readonly canSweep?: boolean;
  readonly canAgain?: boolean;
  /** Why no batch can be started in this session at all. */
  readonly readOnlyBecause?: string | undefined;
}

type Why = (context: KeyContext) => string | undefined;

const NO_SLOT = 'There is no place under the cursor.';
const named = (slots: readonly SlotView[]): string => slots.map(({ label }) => label).join(', ');

/** Of the targets those that an act can act on. */
export const canRetry = ({ state, settled }: SlotView): boolean =>
  state === 'settled' && settled !== undefined && !isGood(settled.outcome);
export const canLookAgain = ({ state, settled }: SlotView): boolean =>
  state === 'settled' && settled?.outcome === 'UNSURE';
export const canSkip = (slotView: SlotView): boolean =>
  isOpen(slotView) && !slotView.writing && slotView.state !== 'cancelling';
/** A write that no cancel stops can still be broken off, also once a cancel waits for its end. */
export const canCancel = (slotView: SlotView): boolean =>
  isOpen(slotView) && (slotView.state !== 'cancelling' || slotView.holdsWrite === true);

/** An act works while at least one target can take it; it then acts on those that can. */
const forTargets =
  (can: (slot: SlotView) => boolean, answer: (places: string) => string): Why =>
  ({ targets = [] }) => {
    if (targets.length === 0) return NO_SLOT;
    return targets.some(can) ? undefined : answer(named(targets.slice(0, 3)));
  };

export const open: Why = ({ canOpen }) => (canOpen === false ? 'There is nothing here to open.' : undefined);
export const slot: Why = (context) => (context.slot === undefined ? NO_SLOT : undefined);
export const start: Why = ({ readOnlyBecause }) =>
  readOnlyBecause === undefined ? undefined : `Looking only: ${readOnlyBecause}`;
export const batch: Why = (context) =>
  context.batch === undefined ? 'There is no batch here yet.' : undefined;
export const batches: Why = ({ batchCount = 0 }) => (batchCount > 1 ? undefined : 'There is only one batch.');
export const dashboard: Why = ({ batchCount = 0 }) =>
  batchCount > 0 ? undefined : 'No batch has been started in this session.';
export const nextWaiting: Why = ({ waiting = 0 }) => (waiting > 0 ? undefined : 'No place needs you now.');

export const perform: Why = (context) => {
  const prompt = context.slot?.prompt;
  if (context.slot === undefined) return NO_SLOT;
  if (prompt === undefined) return `Nothing is asked at ${context.slot.label}.`;
  if (prompt.kind === 'question')
    return 'This is a question: its number answers it, on the page of the place (Enter).';
  return prompt.canPerform
    ? undefined
    : 'No key for this: do what is asked, the prompt goes when the unit answers.';
};

export const choose: Why = (context) =>
  context.slot?.prompt?.kind === 'question' ? undefined : 'There is no question here to answer.';

export const onlyAnswer: Why = ({ slot: place }) =>
  place?.prompt !== undefined && soleChoice(place.prompt) !== undefined
    ? undefined
    : 'There is no question here with a single answer.';

export const retry: Why = forTargets(
  canRetry,
  (places) => `${places}: only settled places that did not pass can be retried.`,
);

export const lookAgain: Why = forTargets(
  canLookAgain,
  (places) => `${places}: only UNSURE units can be looked at again.`,
);

export const skip: Why = (context) => {
  const { targets = [] } = context;
  if (targets.length > 0 && targets.every(({ writing }) => writing))
    return `${named(targets.slice(0, 3))}: writing has begun, too late to skip; c cancels at a safe point.`;
  return forTargets(canSkip, (places) => `${places}: nothing there that could be skipped.`)(context);
};

export const cancel: Why = forTargets(
  canCancel,
  (places) => `${places}: nothing runs there that could be cancelled.`,
);

export const cancelAll: Why = (context) =>
  context.batch?.slots.some(isOpen) === true ? undefined : 'Nothing runs that could be cancelled.';

export const waivePilot: Why = (context) =>
  context.batch?.pilots.some(({ state, waiting }) => state !== 'through' && waiting > 0) === true
    ? undefined
    : 'No unit waits for a pilot here.';

export const finish: Why = (context) => {
  if (context.batch === undefined || !context.batch.cycle)
    return 'This is no cycle batch: it ends by itself.';
  return context.batch.endedAt === undefined ? undefined : 'This batch has ended.';
};

export const wiring: Why = ({ hasWiring }) =>
  hasWiring === true ? undefined : 'This flow has no wiring pages.';
export const note: Why = ({ hasNote }) =>
  hasNote === true ? undefined : 'A note belongs to a settled run; this one is still open.';
export const match: Why = ({ hasMatch }) => (hasMatch === true ? undefined : 'Search with / first.');
export const job: Why = ({ isJob }) =>
  isJob === true ? undefined : 'There is no saved job under the cursor.';
export const again: Why = ({ canAgain }) =>
  canAgain === true ? undefined : 'Only an earlier batch whose files are still there can be run again.';
export const close: Why = ({ canClose }) =>
  canClose === true ? undefined : 'Only a batch that has ended can be put away.';
export const type: Why = ({ canType }) =>
  canType === true ? undefined : 'There is nothing to type at this step.';
export const arm: Why = ({ canArm }) =>
  canArm === true ? undefined : 'Only the places of a flow by Bluetooth can be armed.';
export const sweep: Why = ({ canSweep }) =>
  canSweep === true ? undefined : 'Only for the places of a flow over the network every address is tried.';
export const save: Why = ({ canSave }) =>
  canSave === true ? undefined : 'A job can be saved at the last step, review.';
