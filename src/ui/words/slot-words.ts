import type { PromptView, SlotView } from '../../bench/view.ts';
import { isGood } from '../../core/outcome.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { StepId, Task } from '../../core/steps.ts';
import { last6 } from '../../core/identity.ts';
import type { UnitIdentity } from '../../core/identity.ts';
import { bytes } from '../text/format.ts';
import { OUTCOME_TONES } from '../theme/theme.ts';
import type { Tone } from '../theme/theme.ts';
import type { Symbols } from '../theme/symbols.ts';

export interface StateMark {
  readonly glyph: string;
  /** At most 9 letters, `INTERRUPTED` apart. */
  readonly word: string;
  readonly tone: Tone;
}

const STEP_WORDS: Readonly<Record<StepId, string>> = {
  detect: 'DETECT',
  'wire-check': 'WIRE',
  backup: 'BACKUP',
  flash: 'FLASH',
  verify: 'VERIFY',
  reboot: 'REBOOT',
};

export const TASK_WORDS: Readonly<Record<Task, string>> = {
  flash: 'flash',
  backup: 'backup only',
  restore: 'restore',
};

export const outcomeMark = (outcome: Outcome, symbols: Symbols): StateMark => ({
  glyph: symbols.outcome[outcome],
  word: outcome,
  tone: OUTCOME_TONES[outcome],
});

/** Glyph, word and tone of a slot: never colour alone. */
export function stateMark(slot: SlotView, symbols: Symbols): StateMark {
  switch (slot.state) {
    case 'waiting':
      return { glyph: symbols.waiting, word: 'WAIT', tone: 'dim' };
    case 'running':
      if (slot.waitReason !== undefined) return { glyph: symbols.waiting, word: 'WAIT', tone: 'dim' };
      return { glyph: symbols.running, word: STEP_WORDS[slot.step ?? 'detect'], tone: 'active' };
    case 'needs-operator':
      return { glyph: symbols.needsOperator, word: 'YOU', tone: 'attention' };
    case 'cancelling':
      return { glyph: symbols.cancelling, word: 'STOPPING', tone: 'warning' };
    case 'take-out':
      return { glyph: symbols.takeOut, word: 'TAKE OUT', tone: 'attention' };
    case 'settled':
      return slot.settled === undefined
        ? { glyph: symbols.waiting, word: 'WAIT', tone: 'dim' }
        : outcomeMark(slot.settled.outcome, symbols);
  }
}

export const needsPerson = (slot: SlotView): boolean =>
  slot.state === 'needs-operator' || slot.state === 'take-out';

export const isOpen = (slot: SlotView): boolean => slot.state !== 'settled' && slot.state !== 'take-out';

export const unitName = (identity: UnitIdentity, form: 'full' | 'short' = 'full'): string => {
  if (identity.mac === undefined) return form === 'full' ? 'not read yet' : '-';
  return form === 'full' ? identity.mac : last6(identity.mac);
};

/** The answer to a question that has only one and needs no typing: a single key gives it. */
export const soleChoice = ({ choices, typed }: PromptView): { readonly title: string } | undefined =>
  choices?.length === 1 && typed === undefined ? choices[0] : undefined;

/** What to do with the unit of a jig after the verdict. */
export const TAKE_OUT_TEXT = 'Take it out, put the next one in.';

/** One sentence on the slot as it is now: the prompt, the failure with what to do, or what is going on. */
export function slotSentence(slot: SlotView): string {
  const { prompt, settled } = slot;
  if (slot.state === 'take-out' && prompt === undefined)
    return `${settled?.outcome ?? 'Settled'}. ${TAKE_OUT_TEXT}`;
  if (prompt !== undefined)
    return prompt.countdown !== undefined
      ? `${prompt.countdown.word} ${prompt.countdown.secondsLeft} s: ${prompt.text}`
      : prompt.finding === undefined
        ? prompt.text
        : `${prompt.text} (now: ${prompt.finding})`;
  if (slot.state === 'settled' && settled !== undefined) return settledSentence(slot);
  if (slot.state === 'waiting') return slot.waitReason ?? 'waits for its turn';
  if (slot.state === 'cancelling')
    return slot.holdsWrite
      ? 'stops when the write is done and checked'
      : slot.writing
        ? 'stops at the next safe point of the write'
        : 'stops at the next safe point';
  return runningSentence(slot);
}

/** What a step is about, while it has no progress to show. */
const STEP_SENTENCES: Readonly<Record<StepId, string>> = {
  detect: 'looking for the unit',
  'wire-check': 'asking it who it is and what it holds',
  backup: 'preparing the backup',
  flash: 'preparing the write',
  verify: 'comparing what was written',
  reboot: 'restarting; listening for the new firmware',
};

function runningSentence({ progress, step, waitReason }: SlotView): string {
  if (waitReason !== undefined) return waitReason;
  if (progress === undefined) return STEP_SENTENCES[step ?? 'detect'];
  const { label, done, total, unit } = progress;
  const amount = total === undefined || unit !== 'bytes' ? '' : ` (${bytes(done)} of ${bytes(total)})`;
  return label + amount;
}

function settledSentence({ settled }: SlotView): string {
  if (settled === undefined) return '';
  if (settled.outcome === 'CURRENT') return 'held exactly this already, nothing written';
  if (isGood(settled.outcome))
    return settled.proof.length === 0 ? settled.message : `proved: ${settled.proof.join(', ')}`;
  return [settled.message, settled.advice].filter((text) => text !== undefined && text !== '').join(' ');
}

export const DO_NOT_UNPLUG = 'DO NOT UNPLUG';

/** How long power must stay on yet, ms; undefined where it may be cut. */
export const keepsPowerMs = ({ keepPowerUntil }: SlotView, now: number): number | undefined =>
  keepPowerUntil === undefined || keepPowerUntil <= now ? undefined : keepPowerUntil - now;

/** How long the slot has been at it, ms; undefined before it started. */
export const slotAgeMs = (slot: SlotView, now: number): number | undefined =>
  slot.startedAt === undefined ? undefined : (isOpen(slot) ? now : (slot.settledAt ?? now)) - slot.startedAt;
