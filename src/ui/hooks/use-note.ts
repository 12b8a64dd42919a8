import type { SettledView } from '../../bench/view.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { findBatch } from '../words/bench-rows.ts';

/** Asks for a note and adds it to the record of a run, of a live batch or an earlier one. */
export function useNote(batchId: string | undefined, after: () => void = () => {}) {
  const { bench, services, screen } = useScreenContext();
  return (settled: SettledView) => {
    if (batchId === undefined) return;
    const live = findBatch(bench.view(), batchId) !== undefined;
    screen.ask({
      kind: 'input',
      title: `Note to run ${settled.run}`,
      hint: 'Stands in the record of the unit.',
      value: settled.note ?? '',
      run: (text) => {
        const saved = live
          ? bench.note(batchId, settled.run, text)
          : services.note(batchId, settled.run, text);
        saved.then(
          () => {
            screen.say('Note saved.');
            after();
          },
          (error: unknown) => screen.say(error instanceof Error ? error.message : String(error), 'warning'),
        );
      },
    });
  };
}
