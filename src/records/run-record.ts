import * as z from 'zod';
import { OUTCOMES, PROOFS } from '../core/outcome.ts';
import { STEP_IDS } from '../core/steps.ts';

export const identitySchema = z.object({
  mac: z.string().optional(),
  chip: z.string().optional(),
  flashId: z.string().optional(),
  flashSizeBytes: z.number().optional(),
  hardware: z.string().optional(),
  firmware: z.string().optional(),
  name: z.string().optional(),
});

export const firmwareEntrySchema = z.object({ slot: z.string(), file: z.string(), sha256: z.string() });

/** One settled (or interrupted) run of one unit, as it stands in the records. Secrets never get here. */
export const runRecordSchema = z.object({
  batch: z.string(),
  run: z.number().int().positive(),
  /** The run this one repeats on the operator's word. */
  retryOf: z.number().int().positive().optional(),
  flow: z.string(),
  task: z.enum(['flash', 'backup', 'restore']),
  slot: z.string(),
  slotNumber: z.number().int().positive(),
  outcome: z.enum(OUTCOMES),
  step: z.enum(STEP_IDS),
  code: z.string().optional(),
  message: z.string(),
  advice: z.string().optional(),
  blame: z.enum(['device', 'bench', 'operator']).optional(),
  retry: z.string().optional(),
  proof: z.array(z.enum(PROOFS)),
  evidence: z.string().optional(),
  notDone: z.array(z.string()).optional(),
  next: z.string().optional(),
  identity: identitySchema,
  backup: z.object({ file: z.string(), sha256: z.string(), bytes: z.number() }).optional(),
  firmware: z.array(firmwareEntrySchema),
  warnings: z.array(z.string()),
  bytesWritten: z.number(),
  /** True once writeBegins was called in this run. */
  wrote: z.boolean(),
  startedAt: z.number(),
  endedAt: z.number(),
  seconds: z.number(),
  tries: z.number().int(),
  operator: z.string().optional(),
  note: z.string().optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
