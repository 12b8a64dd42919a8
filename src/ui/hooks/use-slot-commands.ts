import type { SlotView } from '../../bench/view.ts';
import { useScreenContext } from '../state/screen-context.ts';
import type { Commands } from './use-commands.ts';

/** What can be done to places, the same on dashboard, device and results. */
export function useSlotCommands(targets: readonly SlotView[], slot: SlotView | undefined): Commands {
  const { bench, screen, services } = useScreenContext();
  const ids = targets.map(({ id }) => id);
  const places = targets.length === 1 ? (targets[0]?.label ?? '') : `${targets.length} places`;
  return {
    retry: () => {
      bench.retry(ids);
      screen.say(`${places}: again from detect.`);
    },
    lookAgain: () => {
      bench.lookAgain(ids);
      screen.say(`${places}: watching for the proof; nothing is written.`);
    },
    skip: () => {
      bench.skip(ids);
      screen.say(`${places}: left out.`);
    },
    cancel: () => {
      bench.cancel(ids);
      const writing = targets.some((target) => target.writing);
      screen.say(`${places}: ${writing ? 'stops at the next safe point of the write.' : 'stops.'}`);
    },
    perform: () => {
      if (slot?.prompt !== undefined) bench.perform(slot.prompt.id);
    },
    log: () => {
      if (slot !== undefined) screen.push({ name: 'log', slotId: slot.id });
    },
    results: () => {
      if (slot !== undefined) screen.push({ name: 'results', batchId: slot.batchId });
    },
    finish: () => {
      if (slot === undefined) return;
      bench.finishCycle(slot.batchId);
      screen.say('The batch ends after the unit that is in now.');
    },
    unit: () =>
      screen.ask({
        kind: 'input',
        title: 'History of which unit?',
        hint: 'MAC, last six digits, or run number',
        value: slot?.identity.mac ?? '',
        check: (text) => (text.trim() === '' ? 'Type a MAC, six digits or a number.' : undefined),
        run: (query) => screen.push({ name: 'unit', query: query.trim() }),
      }),
    export: () => {
      if (slot === undefined) return;
      services.exportCsv(slot.batchId).then(
        (path) => screen.say(`Written: ${path}`),
        (error: unknown) => screen.say(error instanceof Error ? error.message : String(error), 'warning'),
      );
    },
  };
}

