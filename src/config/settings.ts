import { z } from 'zod';

/** Settings of the bench, equal for all jobs. */
export const settingsSchema = z.object({
  /** Name of the person at the bench, for the records; empty when not given. */
  operatorName: z.string().max(80).default(''),
  /** Bell when a place needs the operator. */
  bell: z.enum(['off', 'once', 'every-minute']).default('once'),
  symbols: z.enum(['auto', 'unicode', 'ascii']).default('auto'),
  colours: z.enum(['auto', 'none']).default('auto'),
  /** Units at once when a job does not say; missing: all. */
  parallel: z.number().int().min(1).max(64).optional(),
  /** What the person calls an adapter, by its stable key (USB serial number or hub path). */
  portNames: z.record(z.string(), z.string().max(40)).default({}),
  /** Folders firmware was last taken from, newest first. */
  lastFolders: z.array(z.string()).max(8).default([]),
});
export type BenchSettings = z.infer<typeof settingsSchema>;

export interface SettingsStore {
  get(): BenchSettings;
  /** Written at once. A field set to undefined goes back to its default. Throws USAGE for a value out of range. */
  set(changes: Partial<BenchSettings>): void;
}
