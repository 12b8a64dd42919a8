import { assign, fromPromise, setup } from 'xstate';
import { BenchError, toBenchError } from '../core/errors.ts';
import { verdictFrom, type Verdict } from '../core/outcome.ts';
import type { StepId, Task } from '../core/steps.ts';
import type { StepResult } from '../../flows/flow.ts';

/**
 * One slot of a batch: takes the unit that is in it through the steps, and in cycle mode the next one after it.
 * No I/O: every actor and action is supplied by the slot's runtime. Progress does not pass through here.
 *
 * `flash` has one way in, and that way is guarded: a backup whose hash was checked, or its absence accepted by name.
 */
export interface SlotContext {
  readonly slotId: string;
  readonly task: Task;
  readonly cycle: boolean;
  readonly step: StepId;
  readonly tries: number;
  readonly backupChecked: boolean;
  readonly noBackupReason: string | undefined;
  readonly writing: boolean;
  readonly stopping: 'cancel' | 'skip' | undefined;
  readonly prompting: boolean;
  readonly verdict: Verdict | undefined;
}

export type SlotEvent =
  | { type: 'START' }
  | { type: 'CANCEL' }
  | { type: 'SKIP' }
  | { type: 'RETRY' }
  | { type: 'LOOK_AGAIN' }
  | { type: 'FINISH_CYCLE' }
  | { type: 'BACKUP_CHECKED' }
  | { type: 'NO_BACKUP_ACCEPTED'; reason: string }
  | { type: 'WRITE_BEGAN' }
  | { type: 'PROMPT_SHOWN' }
  | { type: 'PROMPT_GONE' };

export interface SlotInput {
  readonly slotId: string;
  readonly task: Task;
  readonly cycle: boolean;
}

const notSupplied = (name: string) => () => Promise.reject(new Error(`actor ${name} was not supplied`));

const fresh = {
  step: 'detect',
  backupChecked: false,
  noBackupReason: undefined,
  writing: false,
  stopping: undefined,
  prompting: false,
  verdict: undefined,
} as const satisfies Partial<SlotContext>;

/** The verdict of a step that threw. Whatever was thrown after a cancel is the cancel. */
export function verdictOf(thrown: unknown, stopping: SlotContext['stopping']): Verdict {
  let error = toBenchError(thrown);
  if (stopping === 'skip') error = new BenchError('SKIPPED_BY_OPERATOR', { cause: thrown });
  else if (stopping === 'cancel' && error.code !== 'ABORTED')
    error = new BenchError('ABORTED', { cause: thrown });
  return verdictFrom(error);
}

const thrownCode = (event: { error: unknown }) =>
  event.error instanceof BenchError ? event.error.code : undefined;
const outputOf = (event: unknown) => (event as { output: StepResult }).output;
const bug = verdictOf(new BenchError('BUG', { message: 'The flow ended without a verdict.' }), undefined);

const slot = setup({
  types: {
    context: {} as SlotContext,
    events: {} as SlotEvent,
    input: {} as SlotInput,
    tags: {} as 'working' | 'destructive' | 'settled' | 'takeOut' | 'waiting',
  },
  actors: {
    open: fromPromise<void>(notSupplied('open')),
    step: fromPromise<StepResult, { step: StepId }>(notSupplied('step')),
    lookAgain: fromPromise<StepResult>(notSupplied('lookAgain')),
    /** Writes the record, lets go of claims and (outside cycle mode) of the link. */
    settle: fromPromise<void, { verdict: Verdict; step: StepId; tries: number }>(notSupplied('settle')),
    awaitNextUnit: fromPromise<void>(notSupplied('awaitNextUnit')),
  },
  actions: {
    forgetRun: assign(fresh),
    countTry: assign({ tries: ({ context }) => context.tries + 1 }),
    countFirstTry: assign({ tries: 1 }),
    takeVerdict: assign(({ event }) => {
      const output = outputOf(event);
      return { verdict: output.kind === 'settle' ? output.verdict : bug, prompting: false };
    }),
    takeError: assign(({ context, event }) => ({
      verdict: verdictOf((event as unknown as { error: unknown }).error, context.stopping),
      prompting: false,
    })),
    takeStop: assign(({ context }) => ({ verdict: verdictOf(new BenchError('ABORTED'), context.stopping) })),
    takeNoBackup: assign({ verdict: verdictOf(new BenchError('BACKUP_REQUIRED'), undefined) }),
    /** A new run begins: new number, nothing known of the unit. */
    beginRun: () => {},
    /** Asks the step that is going on to stop at its next safe point. */
    stopStep: () => {},
    /** The slot is free: told to the batch. */
    reportSettled: () => {},
    closeLink: () => {},
  },
  guards: {
    mayFlash: ({ context }) => context.backupChecked || context.noBackupReason !== undefined,
    cycleGoesOn: ({ context }) => context.cycle && context.stopping === undefined,
    isStopping: ({ context }) => context.stopping !== undefined,
    settles: ({ event }) => outputOf(event).kind === 'settle',
    goesToReboot: ({ event }) => {
      const output = outputOf(event);
      return output.kind === 'done' && output.goTo === 'reboot';
    },
    isSwapped: ({ event }) => thrownCode(event as unknown as { error: unknown }) === 'UNIT_SWAPPED',
    isAlreadyDone: ({ context, event }) =>
      context.cycle && thrownCode(event as unknown as { error: unknown }) === 'ALREADY_DONE',
    /** The computer slept during the run, and that is what it died of: the unit is looked at again. */
    sleptThrough: () => false,
    /** Cycle mode: false once every unit that was to come has come. */
    moreUnits: () => true,
    canSkip: ({ context }) => !context.writing,
  },
});

type Onward = 'wireCheck' | 'backup' | 'flash' | 'verify' | 'reboot';

/** A step ends with a verdict, a cancel, or the next state; `flash` is only ever entered through `mayFlash`. */
function stepState(step: StepId, next: Onward | undefined) {
  const onward =
    next === undefined
      ? ([{ target: 'settling', actions: 'takeVerdict' }] as const)
      : next === 'flash'
        ? ([
            { guard: 'mayFlash', target: 'flash' },
            { target: 'settling', actions: 'takeNoBackup' },
          ] as const)
        : ([{ guard: 'goesToReboot', target: 'reboot' }, { target: next }] as const);
  return slot.createStateConfig({
    tags: step === 'flash' ? ['working', 'destructive'] : ['working'],
    entry: assign({ step }),
    invoke: {
      src: 'step',
      input: { step },
      onDone: [
        { guard: 'settles', target: 'settling', actions: 'takeVerdict' },
        { guard: 'isStopping', target: 'settling', actions: 'takeStop' },
        ...onward,
      ],
      onError: [
        { guard: 'isSwapped', target: 'settlingSwapped', actions: 'takeError' },
        { guard: 'isAlreadyDone', target: 'takeOut', actions: 'takeError' },
        { target: 'settling', actions: 'takeError' },
      ],
    },
  });
}

export const slotMachine = slot.createMachine({
  id: 'slot',
  context: ({ input }) => ({ ...fresh, ...input, tries: 0 }),
  initial: 'waiting',
  on: {
    BACKUP_CHECKED: { actions: assign({ backupChecked: true }) },
    NO_BACKUP_ACCEPTED: { actions: assign({ noBackupReason: ({ event }) => event.reason }) },
    WRITE_BEGAN: { actions: assign({ writing: true }) },
    PROMPT_SHOWN: { actions: assign({ prompting: true }) },
    PROMPT_GONE: { actions: assign({ prompting: false }) },
    CANCEL: { actions: [assign({ stopping: 'cancel' }), 'stopStep'] },
    SKIP: { guard: 'canSkip', actions: [assign({ stopping: 'skip' }), 'stopStep'] },
  },
  states: {
    waiting: {
      tags: ['waiting'],
      on: {
        START: { target: 'opening', actions: ['forgetRun', 'countTry'] },
        CANCEL: {
          target: 'settling',
          actions: ['forgetRun', assign({ stopping: 'cancel' }), 'beginRun', 'takeStop'],
        },
        SKIP: {
          target: 'settling',
          actions: ['forgetRun', assign({ stopping: 'skip' }), 'beginRun', 'takeStop'],
        },
      },
    },
    opening: {
      tags: ['working'],
      entry: 'beginRun',
      invoke: { src: 'open', onDone: 'detect', onError: { target: 'settling', actions: 'takeError' } },
    },
    detect: stepState('detect', 'wireCheck'),
    wireCheck: stepState('wire-check', 'backup'),
    backup: stepState('backup', 'flash'),
    flash: stepState('flash', 'verify'),
    verify: stepState('verify', 'reboot'),
    reboot: stepState('reboot', undefined),
    lookingAgain: {
      tags: ['working'],
      entry: ['forgetRun', assign({ step: 'reboot' })],
      invoke: {
        src: 'lookAgain',
        onDone: { target: 'settling', actions: 'takeVerdict' },
        onError: { target: 'settling', actions: 'takeError' },
      },
    },
    settling: {
      tags: ['working'],
      invoke: {
        src: 'settle',
        input: ({ context }) => ({ verdict: context.verdict!, step: context.step, tries: context.tries }),
        onDone: [
          { guard: 'sleptThrough', target: 'opening', actions: ['forgetRun', 'countTry'] },
          { guard: 'cycleGoesOn', target: 'betweenUnits' },
          { target: 'settled' },
        ],
        onError: 'settled',
      },
    },
    /** The run of the unit that was taken away ends; the one that answers now starts its own. */
    settlingSwapped: {
      tags: ['working'],
      invoke: {
        src: 'settle',
        input: ({ context }) => ({ verdict: context.verdict!, step: context.step, tries: context.tries }),
        onDone: { target: 'opening', actions: ['forgetRun', 'countFirstTry'] },
        onError: 'settled',
      },
    },
    betweenUnits: {
      tags: ['working'],
      always: [{ guard: 'moreUnits', target: 'takeOut' }, { target: 'settled' }],
    },
    takeOut: {
      tags: ['takeOut'],
      on: { FINISH_CYCLE: 'settled', CANCEL: 'settled' },
      invoke: {
        src: 'awaitNextUnit',
        onDone: { target: 'detect', actions: ['forgetRun', 'countFirstTry', 'beginRun'] },
        onError: 'settled',
      },
    },
    settled: {
      tags: ['settled'],
      entry: ['closeLink', assign({ prompting: false, stopping: undefined }), 'reportSettled'],
      on: {
        RETRY: { target: 'waiting' },
        LOOK_AGAIN: { target: 'lookingAgain' },
        CANCEL: {},
        SKIP: {},
      },
    },
  },
});
