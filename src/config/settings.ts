import * as z from 'zod';
import { BenchError } from '../core/errors.ts';
import { ConfigFile, type ConfigFolder } from './config-file.ts';

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
  /** A field that holds what it may not counts as not given. */
  get(): BenchSettings;
  /** Written at once. A field set to undefined goes back to its default. Throws USAGE for a value out of range. */
  set(changes: { readonly [K in keyof BenchSettings]?: BenchSettings[K] | undefined }): void;
}

/** `settings.json` of a data directory. Throws SETTINGS_DAMAGED (once: the file is moved aside). */
export function openSettings(folder: ConfigFolder): SettingsStore {
  const file = new ConfigFile(folder, 'settings');
  let settings = lenient(file.read());
  return {
    get: () => settings,
    set(changes) {
      const checked = settingsSchema.partial().safeParse(changes);
      if (!checked.success) {
        const issue = checked.error.issues[0]!;
        throw new BenchError('USAGE', {
          message: `The setting ${issue.path.join('.')} cannot have this value: ${issue.message}.`,
        });
      }
      file.write(changes);
      settings = lenient(file.read());
    },
  };
}

function lenient(fields: Readonly<Record<string, unknown>>): BenchSettings {
  const good = Object.entries(settingsSchema.shape)
    .map(([key, schema]) => [key, schema.safeParse(fields[key])] as const)
    .flatMap(([key, result]) => (result.success && result.data !== undefined ? [[key, result.data]] : []));
  return settingsSchema.parse(Object.fromEntries(good));
}
