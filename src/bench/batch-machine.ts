import { assign, enqueueActions, setup, type ActorRefFrom } from 'xstate';
import type { Task } from '../core/steps.ts';
import { type slotMachine, type SlotEvent } from './slot-machine.ts';

/** One job over a tray: spawns a machine per slot and lets at most `parallel` of them work at once. */
export interface BatchContext {
  readonly parallel: number;
  /** Slots that wait for their turn, in order. */
  readonly queue: readonly string[];
  readonly active: readonly string[];
  readonly slots: Readonly<Record<string, ActorRefFrom<typeof slotMachine>>>;
}

export type BatchEvent =
  | { type: 'SLOT_SETTLED'; slotId: string }
  | { type: 'RETRY'; slotIds: readonly string[] }
  | { type: 'LOOK_AGAIN'; slotIds: readonly string[] }
  | { type: 'TELL'; slotIds: readonly string[]; event: SlotEvent };

export interface BatchInput {
  readonly task: Task;
  readonly cycle: boolean;
  readonly parallel: number;
  /** The machine of each slot with its hardware supplied. */
  readonly slots: readonly { readonly slotId: string; readonly machine: typeof slotMachine }[];
}

export const batchMachine = setup({
  types: { context: {} as BatchContext, events: {} as BatchEvent, input: {} as BatchInput },
  actions: {
    forgetActive: assign({
      active: ({ context, event }) =>
        event.type === 'SLOT_SETTLED' ? context.active.filter((id) => id !== event.slotId) : context.active,
      queue: ({ context, event }) =>
        event.type === 'SLOT_SETTLED' ? context.queue.filter((id) => id !== event.slotId) : context.queue,
    }),
    /** Settled slots of the list go to `waiting` and to the end of the queue. */
    queueAgain: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'RETRY') return;
      const again = event.slotIds.filter((id) => context.slots[id]?.getSnapshot().hasTag('settled'));
      for (const id of again) enqueue.sendTo(context.slots[id]!, { type: 'RETRY' });
      enqueue.assign({ queue: [...context.queue, ...again] });
    }),
    lookAgain: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'LOOK_AGAIN') return;
      const again = event.slotIds.filter((id) => context.slots[id]?.getSnapshot().hasTag('settled'));
      for (const id of again) enqueue.sendTo(context.slots[id]!, { type: 'LOOK_AGAIN' });
      enqueue.assign({ active: [...context.active, ...again] });
    }),
    tell: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'TELL') return;
      for (const id of event.slotIds) if (context.slots[id]) enqueue.sendTo(context.slots[id], event.event);
    }),
    startNext: enqueueActions(({ context, enqueue }) => {
      const room = Math.max(0, context.parallel - context.active.length);
      const starting = context.queue.slice(0, room);
      for (const id of starting) enqueue.sendTo(context.slots[id]!, { type: 'START' });
      enqueue.assign({ active: [...context.active, ...starting], queue: context.queue.slice(room) });
    }),
  },
  guards: { allSettled: ({ context }) => context.active.length === 0 && context.queue.length === 0 },
}).createMachine({
  id: 'batch',
  context: ({ input, spawn }) => ({
    parallel: input.parallel,
    queue: input.slots.map(({ slotId }) => slotId),
    active: [],
    slots: Object.fromEntries(
      input.slots.map(({ slotId, machine }) => [
        slotId,
        spawn(machine, { input: { slotId, task: input.task, cycle: input.cycle } }),
      ]),
    ),
  }),
  initial: 'running',
  states: {
    running: {
      entry: 'startNext',
      on: {
        SLOT_SETTLED: { actions: ['forgetActive', 'startNext'] },
        RETRY: { actions: ['queueAgain', 'startNext'] },
        LOOK_AGAIN: { actions: 'lookAgain' },
        TELL: { actions: 'tell' },
      },
      always: { guard: 'allSettled', target: 'finished' },
    },
    finished: {
      on: {
        RETRY: { target: 'running', actions: 'queueAgain' },
        LOOK_AGAIN: { target: 'running', actions: 'lookAgain' },
      },
    },
  },
});
