import type { SlotView } from '../../bench/view.ts';
import { canCancel, canLookAgain, canRetry, canSkip } from '../keys/why-not.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { reportLines } from '../words/device-lines.ts';
import type { Commands } from './use-commands.ts';
import { useFrame } from './use-stores.ts';
import { useCopy } from './use-copy.ts';

const named = (slots: readonly SlotView[]): string =>
  slots.length === 1 ? (slots[0]?.label ?? '') : `${slots.length} places`;

/** What can be done to places, the same on dashboard, device and results. */
export function useSlotCommands(targets: readonly SlotView[], slot: SlotView | undefined): Commands {
  const batch = useFrame().view.batches.find(({ id }) => id === slot?.batchId);
  const { bench, screen, services, symbols } = useScreenContext();
  const copy = useCopy();
  /** Does the act on those targets that can take it, and says on which. */
  const on =
    (can: (slot: SlotView) => boolean, act: (ids: readonly string[]) => void, said: string) => () => {
      const able = targets.filter(can);
      act(able.map(({ id }) => id));
      screen.say(`${named(able)}: ${said}`);
    };
  const askToBreakOff = (held: readonly SlotView[]) =>
    screen.ask({
      kind: 'confirm',
      title: `${named(held)}: break the write off?`,
      lines: [
        'It cannot be stopped safely: half written, the unit does not start. Leave it, and it ends by itself.',
      ],
      typed: 'break off',
      yes: 'to stop it now',
      run: () => bench.breakOff(held.map(({ id }) => id)),
    });
  return {
    retry: on(canRetry, (ids) => bench.retry(ids), 'again from detect.'),
    lookAgain: on(canLookAgain, (ids) => bench.lookAgain(ids), 'watching for the proof; nothing is written.'),
    skip: on(canSkip, (ids) => bench.skip(ids), 'left out.'),
    cancel: () => {
      const held = targets.filter(({ holdsWrite }) => holdsWrite === true);
      const rest = targets.filter((target) => canCancel(target) && target.holdsWrite !== true);
      bench.cancel(rest.map(({ id }) => id));
      if (held.length > 0) askToBreakOff(held);
      else screen.say(`${named(rest)}: stops at its next safe point.`);
    },
    waivePilot: () => {
      if (batch === undefined) return;
      screen.ask({
        kind: 'confirm',
        title: 'Start without waiting for the pilot?',
        lines: [
          'The first unit of each model has not proved yet that this works. If it does not, every unit of the batch may be lost the same way.',
        ],
        typed: 'pilot',
        yes: 'to let all units go now',
        run: () => bench.waivePilot(batch.id),
      });
    },
    perform: () => {
      if (slot?.prompt !== undefined) bench.perform(slot.prompt.id);
    },
    copy: () => {
      if (slot !== undefined) copy(reportLines(slot, symbols));
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
