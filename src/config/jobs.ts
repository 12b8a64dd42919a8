import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { BenchError } from '../core/errors.ts';
import { ASSUME_WORDS } from '../core/steps.ts';
import { ConfigFile, type ConfigFolder } from './config-file.ts';

/** A job under a name: everything of a batch but its units. Never holds a secret. */
export const jobSchema = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    // eslint-disable-next-line no-control-regex -- names are shown on a terminal
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'no control characters'),
  flowId: z.string().min(1),
  task: z.enum(['flash', 'backup', 'restore']),
  /** As given; a relative path is taken from `folder`. */
  files: z.array(z.object({ slot: z.string().optional(), path: z.string().min(1) })),
  /** Absolute folder that relative paths start from: the working directory when the job was saved. */
  folder: z.string().optional(),
  /** Without secrets; those are asked again. */
  settings: z.record(z.string(), z.string()),
  /** Links as typed, e.g. `virtual:lamp?n=12`; may be empty, adapters are then chosen at the start. */
  links: z.array(z.string()),
  assume: z.array(z.enum(ASSUME_WORDS)),
  parallel: z.number().int().min(1).optional(),
  cycle: z.boolean().optional(),
  /** The flow to go on with when this one refuses. */
  nextFlowId: z.string().optional(),
});
export type Job = z.infer<typeof jobSchema>;

export interface JobStore {
  /** By name, paths absolute. Jobs that cannot be read are left out and named in `damaged`; they stay in the file. */
  list(): { readonly jobs: readonly Job[]; readonly damaged: readonly string[] };
  /** Throws USAGE, naming the jobs there are. Paths are absolute. */
  get(name: string): Job;
  /**
   * Adds the job or replaces the one of the same name. Settings named in `secretSettings` are left out. Throws USAGE for a
   * job that is none.
   */
  save(job: Job, secretSettings?: readonly string[]): void;
  /** Throws USAGE when there is none of this name. */
  remove(name: string): void;
}

/** `jobs.json` of a data directory. Its methods throw SETTINGS_DAMAGED (once: the file is moved aside). */
export function openJobs(folder: ConfigFolder): JobStore {
  const file = new ConfigFile(folder, 'jobs');
  /** As they stand in the file: what this version cannot read is kept there untouched. */
  const entries = (): unknown[] => {
    const { jobs = [] } = file.read();
    if (!Array.isArray(jobs)) throw file.damaged();
    return jobs;
  };
  const list: JobStore['list'] = () => {
    const jobs: Job[] = [];
    const damaged: string[] = [];
    for (const entry of entries()) {
      const job = jobSchema.safeParse(entry);
      if (job.success) jobs.push(withAbsolutePaths(job.data));
      else damaged.push(nameOf(entry) ?? 'a job without a name');
    }
    return { jobs: jobs.sort((a, b) => a.name.localeCompare(b.name)), damaged };
  };
  const unknown = (name: string) => {
    const names = list().jobs.map((job) => job.name);
    return new BenchError('USAGE', {
      message: `There is no job "${name}".`,
      advice: names.length === 0 ? 'No job has been saved yet.' : `The jobs: ${names.join(', ')}.`,
    });
  };
  return {
    list,
    get(name) {
      const { jobs, damaged } = list();
      const job = jobs.find((each) => each.name === name.trim());
      if (job !== undefined) return job;
      if (damaged.includes(name.trim()))
        throw new BenchError('USAGE', {
          message: `The job "${name}" in ${file.path} cannot be read.`,
          advice: 'Save it anew under this name, or repair it in that file.',
        });
      throw unknown(name);
    },
    save(given, secretSettings = []) {
      const checked = jobSchema.safeParse(given);
      if (!checked.success) {
        const issue = checked.error.issues[0]!;
        throw new BenchError('USAGE', {
          message: `This is no job that can be saved: ${issue.path.join('.')}: ${issue.message}.`,
        });
      }
      const open = Object.entries(checked.data.settings).filter(([key]) => !secretSettings.includes(key));
      const job = { ...checked.data, settings: Object.fromEntries(open) };
      file.write({ jobs: [...entries().filter((entry) => nameOf(entry) !== job.name), job] });
    },
    remove(name) {
      const all = entries();
      const left = all.filter((entry) => nameOf(entry) !== name.trim());
      if (left.length === all.length) throw unknown(name);
      file.write({ jobs: left });
    },
  };
}

function withAbsolutePaths(job: Job): Job {
  const { folder } = job;
  if (folder === undefined) return job;
  const files = job.files.map((file) => ({
    ...file,
    path: isAbsolute(file.path) ? file.path : resolve(folder, file.path),
  }));
  return { ...job, files };
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || !('name' in entry)) return undefined;
  return typeof entry.name === 'string' ? entry.name.trim() : undefined;
}
