import type { AnyFlow } from '../../../flows/flow.ts';
import type { BatchRequest } from '../../bench/view.ts';
import { parseLinks } from '../../core/link.ts';
import type { Link } from '../../core/link.ts';
import type { AssumeWord, Task } from '../../core/steps.ts';
import type { AdapterView, SavedJob } from '../services.ts';
import type { Arming } from './radio-places.ts';

export type NewStep = 'flow' | 'task' | 'links' | 'firmware' | 'settings' | 'review';

/** A batch that is being put together. Kept until it starts: an error or a look at another screen loses nothing. */
export interface Draft {
  readonly step: NewStep;
  readonly flowId: string | undefined;
  readonly task: Task;
  /** Links that came with a job of the practice bench or an earlier batch. */
  readonly given: readonly Link[];
  /** As typed: `virtual:lamp?n=12`, and units by radio in the order of their numbers. Known to be readable. */
  readonly typed: readonly string[];
  /** Units on the tray; undefined: as many as are in the batch. */
  readonly expected: number | undefined;
  /** Units that are heard for the first time join by themselves. */
  readonly armed: Arming | undefined;
  /** Keys of the chosen adapters. */
  readonly adapters: readonly string[];
  readonly files: BatchRequest['files'];
  readonly settings: Readonly<Record<string, string>>;
  readonly assume: readonly AssumeWord[];
  readonly parallel: number | undefined;
  readonly cycle: boolean;
  readonly backupFile: string | undefined;
  readonly jobName: string | undefined;
}

export const DRAFT_KEY = 'new.draft';

export const newDraft = (changes: Partial<Draft> = {}): Draft => ({
  step: 'flow',
  flowId: undefined,
  task: 'flash',
  given: [],
  typed: [],
  expected: undefined,
  armed: undefined,
  adapters: [],
  files: [],
  settings: {},
  assume: [],
  parallel: undefined,
  cycle: false,
  backupFile: undefined,
  jobName: undefined,
  ...changes,
});

export const draftOfRequest = (request: BatchRequest, step: NewStep = 'review'): Draft =>
  newDraft({
    step,
    flowId: request.flowId,
    task: request.task,
    given: request.links,
    files: request.files,
    settings: request.settings,
    assume: request.assume,
    parallel: request.parallel,
    cycle: request.cycle ?? false,
    backupFile: request.backupFile,
    jobName: request.jobName,
  });

export const draftOfJob = (job: SavedJob, step: NewStep): Draft =>
  newDraft({
    step,
    flowId: job.flowId,
    task: job.task,
    typed: job.links,
    files: job.files,
    settings: job.settings,
    assume: job.assume,
    parallel: job.parallel,
    cycle: job.cycle ?? false,
    jobName: job.name,
  });

/** The steps there are for this flow and task. */
export function stepsOf(flow: AnyFlow | undefined, task: Task): readonly NewStep[] {
  if (flow === undefined) return ['flow'];
  const firmware: readonly NewStep[] = task === 'backup' ? [] : ['firmware'];
  return ['flow', 'task', 'links', ...firmware, 'settings', 'review'];
}

export const takesRadio = (flow: AnyFlow | undefined): boolean => flow?.linkKinds.includes('ble') === true;

/** Throws USAGE for a link that cannot be read. */
export function linksOf(draft: Draft, adapters: readonly AdapterView[]): Link[] {
  const chosen = adapters.filter(({ key }) => draft.adapters.includes(key)).map(({ link }) => link);
  return [...draft.given, ...[...chosen, ...draft.typed].flatMap(parseLinks)];
}

export function requestOf(
  draft: Draft,
  adapters: readonly AdapterView[],
  operatorName: string,
): BatchRequest {
  return {
    flowId: draft.flowId ?? '',
    task: draft.task,
    links: linksOf(draft, adapters),
    files: draft.task === 'flash' ? draft.files : [],
    settings: draft.settings,
    assume: draft.assume,
    ...(draft.parallel !== undefined && { parallel: draft.parallel }),
    ...(draft.cycle && { cycle: true }),
    ...(draft.jobName !== undefined && { jobName: draft.jobName }),
    ...(operatorName !== '' && { operatorName }),
    ...(draft.task === 'restore' && draft.backupFile !== undefined && { backupFile: draft.backupFile }),
  };
}

/** The job that the draft is, without its secrets. */
export function jobOf(draft: Draft, flow: AnyFlow, name: string): SavedJob {
  const secret = new Set(flow.settings.filter(({ kind }) => kind === 'secret').map(({ key }) => key));
  return {
    name,
    flowId: flow.id,
    task: draft.task,
    files: draft.files,
    settings: Object.fromEntries(Object.entries(draft.settings).filter(([key]) => !secret.has(key))),
    // A job is everything but its units.
    links: draft.typed.filter((link) => !/^(ble|http|esphome):/.test(link)),
    assume: draft.assume,
    ...(draft.parallel !== undefined && { parallel: draft.parallel }),
    ...(draft.cycle && { cycle: true }),
  };
}
