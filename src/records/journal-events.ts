import * as z from 'zod';
import { ASSUME_WORDS, STEP_IDS } from '../core/steps.ts';
import { firmwareEntrySchema, identitySchema, runRecordSchema } from './run-record.ts';

/** What a batch was asked to do: the first line of its journal. Secret settings stand as `[redacted]`. */
export const batchHeaderSchema = z.object({
  flow: z.string(),
  flowTitle: z.string(),
  device: z.string(),
  task: z.enum(['flash', 'backup', 'restore']),
  jobName: z.string().optional(),
  operator: z.string().optional(),
  cycle: z.boolean(),
  practice: z.boolean(),
  parallel: z.number().int().positive().optional(),
  slots: z.array(z.object({ number: z.number().int().positive(), link: z.string(), label: z.string() })),
  firmware: z.array(
    firmwareEntrySchema.extend({ title: z.string().optional(), bytes: z.number().optional() }),
  ),
  /** As given, to run the open units again. */
  files: z.array(z.object({ slot: z.string().optional(), path: z.string() })),
  /** Links as given, e.g. `virtual:lamp?n=12`. */
  links: z.array(z.string()),
  settings: z.record(z.string(), z.string()),
  assume: z.array(z.enum(ASSUME_WORDS)),
  backupFile: z.string().optional(),
  warnings: z.array(z.string()),
  /** Version of benchflash. */
  version: z.string().optional(),
});
export type BatchHeader = z.infer<typeof batchHeaderSchema>;

/** Every line carries `at`, ms since the epoch. */
const at = z.number();
const run = z.number().int().positive();
const batch = z.string();

/** Which fact each line of `journal.jsonl` states. Lines of other types come from newer versions and are passed over. */
export const journalEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('batch-started'), at, batch, header: batchHeaderSchema }),
  /** Somebody is at work there; the run has no number before the unit has said who it is. */
  z.object({ type: z.literal('slot-began'), at, slotNumber: z.number().int().positive() }),
  z.object({
    type: z.literal('run-started'),
    at,
    run,
    slot: z.string(),
    slotNumber: z.number().int().positive(),
    retryOf: run.optional(),
    operator: z.string().optional(),
    /** When the slot began with it, where that was earlier than this line. */
    startedAt: z.number().optional(),
  }),
  z.object({ type: z.literal('identified'), at, run, identity: identitySchema }),
  z.object({ type: z.literal('step'), at, run, step: z.enum(STEP_IDS) }),
  z.object({
    type: z.literal('backup'),
    at,
    run,
    backup: z.object({
      file: z.string(),
      sha256: z.string(),
      bytes: z.number(),
      kind: z.string(),
      mark: z.enum(['first', 'after-write']),
      whole: z.boolean(),
      mac: z.string().optional(),
    }),
  }),
  z.object({ type: z.literal('write-began'), at, run }),
  z.object({ type: z.literal('warning'), at, run, text: z.string() }),
  z.object({ type: z.literal('settled'), at, run, record: runRecordSchema }),
  z.object({ type: z.literal('note'), at, run, text: z.string() }),
  /** `interrupted`: written by the next start, for a process that ended without closing its batch. */
  z.object({ type: z.literal('batch-closed'), at, how: z.enum(['done', 'interrupted']) }),
  /** The operator has seen that it is unfinished and wants it offered no more. */
  z.object({ type: z.literal('batch-dismissed'), at }),
  /** What a torn last line held, put here when the file was cut back to its last whole line. */
  z.object({ type: z.literal('torn'), at, text: z.string() }),
]);
export type JournalEvent = z.infer<typeof journalEventSchema>;
