import { BenchError } from '../core/errors.ts';
import type { Question } from '../../flows/flow.ts';
import type { RunHost } from './run-context.ts';

const LEAVE = 'leave';

/** What `RunContext.pilotFirst` does for one run: see `PilotRule`. Throws PILOT_FAILED, OPERATOR_NEEDED. */
export async function followPilot(
  host: RunHost,
  group: string,
  signal: AbortSignal,
  ask: (question: Question, signal: AbortSignal) => Promise<string>,
): Promise<void> {
  const { batch, slotId, label } = host;
  try {
    const went = await batch.pilots.enter(
      group,
      { slotId, label },
      {
        signal,
        onWait: (pilot) => {
          host.waitsFor(`waits for ${pilot.label}, the pilot`);
          host.log('info', `waits for ${pilot.label}: the first ${group} goes through to its proof`);
        },
        ask: async (pilot, reason, until) =>
          (await ask(pilotQuestion(group, pilot.label, reason), until)) === 'pilot',
      },
    );
    if (went === undefined) throw new BenchError('PILOT_FAILED');
    if (went === 'pilot' && batch.slots.length > 1)
      host.log('info', `goes first: the other units of its model (${group}) wait for its proof`);
    if (went === 'waived' && batch.slots.length > 1) {
      const text = 'started without waiting for the proof of a first unit (pilot), as accepted by name';
      host.state.warnings = [...host.state.warnings, text];
      host.log('warn', text);
    }
  } finally {
    host.waitsFor(undefined);
  }
}

const pilotQuestion = (group: string, pilot: string, reason: string): Question => ({
  id: `pilot ${group} ${reason}`,
  text: `${pilot}, the first ${group}, was changed and did not pass (${reason}). Start the others all the same?`,
  choices: [
    { value: LEAVE, title: 'leave the others as they are' },
    { value: 'pilot', title: 'start them without a proof' },
  ],
  assume: 'pilot',
  assumed: 'pilot',
  typed: 'pilot',
});
