import type { SnapshotFrom } from 'xstate';
import { untouchedSteps, type RunState } from './run-state.ts';
import type { slotMachine } from './slot-machine.ts';
import type { PromptView, SettledView, SlotState, SlotView } from './view.ts';

/** What a slot knows of itself. */
export interface SlotFacts extends Pick<
  SlotView,
  'id' | 'batchId' | 'number' | 'link' | 'label' | 'earlier'
> {
  /** Undefined before the batch has started its machine. */
  readonly machine: SnapshotFrom<typeof slotMachine> | undefined;
  readonly run: RunState | undefined;
  readonly progress: SlotView['progress'] | undefined;
  readonly prompt: PromptView | undefined;
  readonly settled: SettledView | undefined;
  readonly settledAt: number | undefined;
  readonly lastLog: SlotView['lastLog'] | undefined;
  readonly holdsWrite: boolean;
}

/** The slot as screens and reporters see it. */
export function slotView(facts: SlotFacts): SlotView {
  const { machine, run, progress, prompt, settled, settledAt, lastLog, holdsWrite, ...place } = facts;
  const state = slotState(facts);
  return {
    ...place,
    state,
    ...(state === 'waiting' && { waitReason: 'waits for a free place' }),
    ...(run?.waitsFor !== undefined && state === 'running' && { waitReason: run.waitsFor }),
    ...(run && state !== 'waiting' && { step: run.step }),
    steps: run?.steps ?? untouchedSteps,
    identity: run?.identity ?? {},
    ...(progress && { progress }),
    ...(prompt && { prompt }),
    ...(settled && state !== 'waiting' && { settled }),
    ...(run && { startedAt: run.startedAt }),
    ...(settledAt !== undefined && { settledAt }),
    tries: machine?.context.tries ?? 0,
    writing: run?.writing ?? false,
    ...(holdsWrite && { holdsWrite }),
    ...(run?.journal && { run: run.journal.run }),
    ...(run?.vitals && { vitals: run.vitals }),
    ...(run?.keepPowerUntil !== undefined && state !== 'settled' && { keepPowerUntil: run.keepPowerUntil }),
    ...(run?.flashMap && { flashMap: run.flashMap }),
    warnings: run?.warnings ?? [],
    ...(lastLog && { lastLog }),
  };
}

function slotState({ machine, prompt }: SlotFacts): SlotState {
  if (!machine || machine.hasTag('waiting')) return 'waiting';
  if (machine.hasTag('settled')) return 'settled';
  if (machine.hasTag('takeOut')) return 'take-out';
  if (machine.context.stopping !== undefined) return 'cancelling';
  return prompt ? 'needs-operator' : 'running';
}
