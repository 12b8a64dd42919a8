import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { AnyFlow } from '../../flows/flow.ts';
import type { Job } from '../config/jobs.ts';
import type { BatchSummary } from '../records/data-dir.ts';
import type { SavedJob } from '../ui/services.ts';

/** A job with how it went last time and why it cannot run now. `batches`: newest first. */
export function savedJob(job: Job, batches: readonly BatchSummary[], flows: readonly AnyFlow[]): SavedJob {
  const last = batches.find(({ header }) => header.jobName === job.name);
  const missing = job.files.find(({ path }) => !existsSync(path));
  const problem = !flows.some(({ id }) => id === job.flowId)
    ? `no flow ${job.flowId}`
    : missing && `missing file ${basename(missing.path)}`;
  const { name, flowId, task, files, settings, links, assume, parallel, cycle } = job;
  return {
    ...{ name, flowId, task, files: files.map(withoutUndefined), settings, links, assume },
    ...(parallel != null && { parallel }),
    ...(cycle != null && { cycle }),
    ...(last && {
      last: {
        batchId: last.id,
        at: last.startedAt,
        good: last.outcomes.PASS + last.outcomes.CURRENT,
        units: last.units,
      },
    }),
    ...(problem != null && { problem }),
  };
}

const withoutUndefined = ({ slot, path }: Job['files'][number]): SavedJob['files'][number] =>
  slot == null ? { path } : { slot, path };
