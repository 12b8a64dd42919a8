import { existsSync } from 'node:fs';
import type { AnyFlow } from '../../flows/flow.ts';
import type { BatchRequest } from '../bench/view.ts';
import { parseLinks } from '../core/link.ts';
import { isGood } from '../core/outcome.ts';
import type { BatchSummary, DataDir } from '../records/data-dir.ts';
import type { EarlierBatch } from '../ui/services.ts';

export async function earlierBatch(
  batch: BatchSummary,
  records: Pick<DataDir, 'results'>,
  flows: readonly AnyFlow[],
): Promise<EarlierBatch> {
  const { id, header, startedAt, endedAt, outcomes } = batch;
  const unfinished = batch.state === 'unfinished';
  const again = unfinished ? await openUnitsAgain(batch, records, flows) : undefined;
  return {
    id,
    flowId: header.flow,
    flowTitle: header.flowTitle,
    ...(header.jobName != null && { jobName: header.jobName }),
    task: header.task,
    startedAt,
    ...(endedAt != null && { endedAt }),
    outcomes,
    unfinished,
    ...(again && { again }),
  };
}

/** The same batch over the slots whose units are still open; undefined when it cannot be had any more. */
async function openUnitsAgain(
  { id, header }: BatchSummary,
  records: Pick<DataDir, 'results'>,
  flows: readonly AnyFlow[],
): Promise<BatchRequest | undefined> {
  const flow = flows.find((each) => each.id === header.flow);
  if (!flow || header.files.some(({ path }) => !existsSync(path))) return undefined;
  const done = (await records.results(id)).units.filter(({ outcome }) => isGood(outcome));
  // A secret stands in the records as [redacted] only: it is asked for again.
  const secrets = new Set(flow.settings.filter(({ kind }) => kind === 'secret').map(({ key }) => key));
  const open = header.slots.filter(({ link }) => !done.some(({ slot }) => slot === link));
  try {
    return {
      flowId: flow.id,
      task: header.task,
      links: open.flatMap(({ link }) => parseLinks(link)),
      files: header.files.map(({ slot, path }) => (slot == null ? { path } : { slot, path })),
      settings: Object.fromEntries(Object.entries(header.settings).filter(([key]) => !secrets.has(key))),
      assume: header.assume,
      ...(header.parallel != null && { parallel: header.parallel }),
      cycle: header.cycle,
      ...(header.jobName != null && { jobName: header.jobName }),
      ...(header.operator != null && { operatorName: header.operator }),
      ...(header.backupFile != null && { backupFile: header.backupFile }),
    };
  } catch {
    return undefined;
  }
}
