import type { AnyFlow } from '../../../flows/flow.ts';
import type { BatchPlan } from '../../bench/view.ts';
import { DRAFT_KEY, requestOf } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { plural } from '../text/format.ts';
import { line } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { factLines } from '../words/explain.ts';
import { settingText } from '../words/new-rows.ts';
import { TASK_WORDS } from '../words/slot-words.ts';
import { useLoaded } from './use-loaded.ts';
import { useAdapters } from './use-stores.ts';

export interface Review {
  readonly lines: (cells: number) => readonly Line[];
  /** The plan stands: the batch can start. */
  readonly ready: boolean;
  readonly sentence: string;
  /** Says why it cannot start. */
  readonly refuse: () => void;
}

/** The dry run: files, settings and links are checked as at the start; no unit is touched. */
export function useReview(draft: Draft, flow: AnyFlow | undefined): Review {
  const { bench, services, screen } = useScreenContext();
  const adapters = useAdapters();
  const { operatorName } = services.preferences();
  const active = draft.step === 'review' && flow !== undefined;
  const plan = useLoaded(active ? `${DRAFT_KEY} ${JSON.stringify(draft)}` : '', async () =>
    active ? await bench.plan(requestOf(draft, adapters, operatorName)) : undefined,
  );
  const sentence =
    plan.error === undefined
      ? 'Checking files, settings and links.'
      : `${plan.error.message} ${plan.error.advice}`;
  return {
    ready: plan.value !== undefined,
    sentence,
    refuse: () => screen.say('It cannot start like this: Esc goes back a step.', 'warning'),
    lines: (cells) => {
      if (!active) return [];
      const head = line(` ${TASK_WORDS[draft.task]}: ${flow.device}`, 'strong');
      if (plan.error !== undefined)
        return [
          head,
          ...factLines('Refused', plan.error.message, cells, 'fail'),
          ...factLines('Do now', plan.error.advice, cells, 'strong'),
          ...factLines('', 'Esc goes back a step; what you gave is kept.', cells),
        ];
      if (plan.value === undefined) return [head, line(' Checking.', 'dim')];
      return [head, ...planLines(plan.value, draft, flow, cells)];
    },
  };
}

function planLines(plan: BatchPlan, draft: Draft, flow: AnyFlow, cells: number): Line[] {
  const lines: Line[] = [];
  const fact = (label: string, text: string, tone?: 'warning') =>
    lines.push(...factLines(label, text, cells, tone));
  const places =
    plan.slots.length > 8
      ? `${plan.slots.slice(0, 8).join(', ')} and ${plan.slots.length - 8} more`
      : plan.slots.join(', ');
  fact(plural(plan.slots.length, 'place'), places);
  for (const { slot, file, sha256, title } of plan.firmware)
    fact('Firmware', `${slot}: ${title} (${file}, ${sha256.slice(0, 6)})`);
  if (draft.task === 'restore') fact('Backup', draft.backupFile ?? 'each unit its own newest whole one');
  const changed = flow.settings.filter(
    ({ key, default: value }) => draft.settings[key] !== undefined && draft.settings[key] !== value,
  );
  for (const spec of changed)
    fact('Setting', `${spec.title}: ${settingText(spec, draft.settings[spec.key])}`);
  if (draft.parallel !== undefined) fact('At once', plural(draft.parallel, 'unit'));
  if (draft.cycle) fact('Cycle', 'one jig, many units: the next one starts by itself');
  for (const word of draft.assume) fact('Accepted', word);
  for (const warning of plan.warnings) fact('Warning', warning, 'warning');
  if (draft.task !== 'backup')
    fact('Safety', 'Every unit is identified and backed up before anything is written to it.');
  return lines;
}
