import { describe, expect, it } from 'vitest';
import { getAdjacencyMap } from 'xstate/graph';
import { slotMachine, type SlotContext } from '../../src/bench/slot-machine.ts';
import { BenchError } from '../../src/core/errors.ts';

const output = (kind: 'done' | 'settle') =>
  kind === 'done' ? { kind } : { kind, verdict: { outcome: 'PASS', message: '', proof: [] } };
const invoked = (state: string) => `0.slot.${state}`;
const STATES = [
  'opening',
  'detect',
  'wireCheck',
  'backup',
  'flash',
  'verify',
  'reboot',
  'lookingAgain',
] as const;

/** Every event a slot can meet, those of its actors included. */
const events = [
  ...['START', 'CANCEL', 'SKIP', 'RETRY', 'LOOK_AGAIN', 'FINISH_CYCLE', 'BACKUP_CHECKED', 'WRITE_BEGAN'].map(
    (type) => ({ type }),
  ),
  { type: 'NO_BACKUP_ACCEPTED', reason: 'r' },
  ...[...STATES, 'settling', 'settlingSwapped', 'takeOut'].flatMap((state) => [
    { type: `xstate.done.actor.${invoked(state)}`, output: output('done') },
    { type: `xstate.done.actor.${invoked(state)}`, output: output('settle') },
    { type: `xstate.done.actor.${invoked(state)}`, output: { kind: 'done', goTo: 'reboot' } },
    { type: `xstate.error.actor.${invoked(state)}`, error: new BenchError('LOADER_SILENT') },
    { type: `xstate.error.actor.${invoked(state)}`, error: new BenchError('UNIT_SWAPPED') },
    { type: `xstate.error.actor.${invoked(state)}`, error: new BenchError('ALREADY_DONE') },
  ]),
];

/** What tells two situations of a slot apart; counters would make them endless. */
const situation = (value: unknown, context: SlotContext) =>
  JSON.stringify([
    value,
    context.backupChecked,
    context.noBackupReason !== undefined,
    context.writing,
    context.stopping,
    context.verdict !== undefined,
  ]);

function situations(cycle: boolean) {
  const map = getAdjacencyMap(slotMachine, {
    input: { slotId: 'B-0001/1', task: 'flash', cycle },
    events: events as never,
    serializeState: (snapshot) => situation(snapshot.value, snapshot.context),
    limit: 100_000,
  });
  return Object.values(map).map(({ state, transitions }) => ({
    value: state.value as string,
    context: state.context,
    leadsTo: new Set(
      Object.values(transitions).map((next) => (next as { state: { value: string } }).state.value),
    ),
  }));
}

describe.each([false, true])('the slot machine (cycle: %s)', (cycle) => {
  const all = situations(cycle);

  it('reaches every state', () => {
    const expected = [
      ...STATES,
      'waiting',
      'settling',
      'settlingSwapped',
      'settled',
      ...(cycle ? ['takeOut'] : []),
    ];
    expect([...new Set(all.map(({ value }) => value))].sort()).toEqual(expected.sort());
  });

  it('has no dead end: from everywhere something leads on', () => {
    for (const { value, leadsTo } of all)
      expect(
        [...leadsTo].some((next) => next !== value),
        value,
      ).toBe(true);
  });

  it('never is in flash without a checked backup or its accepted absence', () => {
    const flashing = all.filter(({ value }) => value === 'flash');
    expect(flashing.length).toBeGreaterThan(0);
    for (const { context } of flashing) {
      expect(context.backupChecked || context.noBackupReason !== undefined).toBe(true);
    }
  });

  it('settles only with a verdict', () => {
    for (const { value, context } of all) if (value === 'settled') expect(context.verdict).toBeDefined();
  });
});
