import { z } from 'zod';
import { ASSUME_WORDS } from '../core/steps.ts';

/** A job under a name: everything of a batch but its units. Never holds a secret. */
export const jobSchema = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    // eslint-disable-next-line no-control-regex -- names are shown on a terminal
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/),
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
  /** By name. Jobs that cannot be read are left out and named in `damaged`; they stay in the file. */
  list(): { readonly jobs: readonly Job[]; readonly damaged: readonly string[] };
  /** Throws USAGE, naming the jobs there are. File paths come back absolute. */
  get(name: string): Job;
  /** Adds the job or replaces the one of the same name. Throws USAGE for a job that is none. */
  save(job: Job): void;
  /** Throws USAGE when there is none of this name. */
  remove(name: string): void;
}
