import type { AnyFlow } from '../../../flows/flow.ts';
import { isGood, OUTCOMES } from '../../core/outcome.ts';
import type { EarlierBatch, SavedJob } from '../services.ts';
import { dateTime } from '../text/format.ts';
import { settledUnits } from './totals.ts';
import { TASK_WORDS } from './slot-words.ts';

/** What can be opened on the start screen. */
export type StartRow =
  | { readonly kind: 'heading'; readonly title: string }
  | { readonly kind: 'unfinished' | 'earlier'; readonly batch: EarlierBatch }
  | { readonly kind: 'job'; readonly job: SavedJob; readonly flow: AnyFlow | undefined }
  | { readonly kind: 'flow'; readonly flow: AnyFlow }
  | { readonly kind: 'practice' };

export interface StartFacts {
  readonly jobs: readonly SavedJob[];
  readonly flows: readonly AnyFlow[];
  readonly batches: readonly EarlierBatch[];
  /** Practice leads the list: started as demo, or nothing is plugged in. */
  readonly practiceFirst: boolean;
}

/** Earlier batches beyond these stand in the records only. */
const EARLIER_SHOWN = 20;

export function startRows({ jobs, flows, batches, practiceFirst }: StartFacts): readonly StartRow[] {
  const rows: StartRow[] = [];
  const section = (title: string, entries: readonly StartRow[]) => {
    if (entries.length > 0) rows.push({ kind: 'heading', title }, ...entries);
  };
  const practice: StartRow[] = [{ kind: 'practice' }];
  section(
    'unfinished',
    batches.filter(({ unfinished }) => unfinished).map((batch) => ({ kind: 'unfinished', batch })),
  );
  if (practiceFirst) section('practice bench', practice);
  section(
    'jobs',
    jobs.map((job) => ({ kind: 'job', job, flow: flows.find(({ id }) => id === job.flowId) })),
  );
  section(
    'what can be flashed',
    flows.map((flow) => ({ kind: 'flow', flow })),
  );
  if (!practiceFirst) section('practice bench', practice);
  section(
    'earlier batches',
    batches
      .filter(({ unfinished }) => !unfinished)
      .slice(0, EARLIER_SHOWN)
      .map((batch) => ({ kind: 'earlier', batch })),
  );
  return rows;
}

/** `10 of 12 good`. */
export function yieldWords(outcomes: EarlierBatch['outcomes']): string {
  const good = OUTCOMES.filter(isGood).reduce((sum, outcome) => sum + outcomes[outcome], 0);
  return `${good} of ${settledUnits(outcomes)} good`;
}

/** Name, what it is, and what is to be said on the right. */
export function startCells(row: Exclude<StartRow, { kind: 'heading' }>): readonly [string, string, string] {
  switch (row.kind) {
    case 'practice':
      return ['Practice bench', 'virtual units, no hardware needed', ''];
    case 'flow':
      return [
        row.flow.device,
        row.flow.title,
        row.flow.linkKinds.filter((kind) => kind !== 'virtual').join(' '),
      ];
    case 'job': {
      const { job, flow } = row;
      const last =
        job.last === undefined
          ? 'never run'
          : `${job.last.good}/${job.last.units} ${dateTime(job.last.at).slice(0, 10)}`;
      const what = `${TASK_WORDS[job.task]}: ${flow?.device ?? `${job.flowId} (no such flow)`}`;
      return [job.name, what, job.problem ?? last];
    }
    case 'unfinished':
    case 'earlier': {
      const { batch } = row;
      const what = `${TASK_WORDS[batch.task]}: ${batch.jobName ?? batch.flowTitle}`;
      return [batch.id, what, `${yieldWords(batch.outcomes)}  ${dateTime(batch.startedAt)}`];
    }
  }
}

/** The row under the cursor in a sentence: what Enter does. */
export function startSentence(row: StartRow): string {
  switch (row.kind) {
    case 'heading':
      return '';
    case 'practice':
      return 'Enter makes practice firmware and a tray of virtual units: wiring prompts, a failure or two, results.';
    case 'flow':
      return row.flow.summary;
    case 'job':
      return row.job.problem === undefined
        ? 'Enter chooses the units and shows what will be done; nothing is touched before you say so.'
        : `Not ready: ${row.job.problem}. Enter opens the job so that it can be put right.`;
    case 'unfinished':
      return `${row.batch.id} left units open. Nothing goes on by itself: Enter shows them, r runs them again, d puts it away.`;
    case 'earlier':
      return `Enter shows the results of ${row.batch.id}.`;
  }
}
