import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Conf from 'conf';
import { BenchError } from '../core/errors.ts';

export interface ConfigFolder {
  /** The data directory; exists unless `readOnly`. */
  readonly path: string;
  /** Another process owns the data directory: nothing is written. */
  readonly readOnly?: boolean;
}

/**
 * One JSON file of the data directory, kept by conf (written whole or not at all, mode 0600, at once and
 * synchronously: for settings and jobs only). What is in it is checked by whoever reads it.
 */
export class ConfigFile {
  readonly path: string;
  private readonly folder: ConfigFolder;
  private readonly name: string;
  private conf: Conf<Record<string, unknown>> | undefined;

  constructor(folder: ConfigFolder, name: string) {
    this.folder = folder;
    this.name = name;
    this.path = join(folder.path, `${name}.json`);
  }

  /**
   * Everything in the file; empty when there is none. Throws SETTINGS_DAMAGED when it is no JSON object: the file is
   * then moved aside under a name that the error tells, so that the next start goes on without it and nothing is lost.
   */
  read(): Record<string, unknown> {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return {};
      throw this.unusable(error);
    }
    const value = parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    throw this.damaged();
  }

  /** Sets or (undefined) removes fields; those not named stay as they are, also such as a newer version wrote. */
  write(changes: Readonly<Record<string, unknown>>): void {
    if (this.folder.readOnly)
      throw new BenchError('DATA_DIR_OWNED', {
        message: 'Another benchflash owns the data directory: settings and jobs can only be changed there.',
      });
    this.read();
    try {
      this.conf ??= new Conf({
        cwd: this.folder.path,
        configName: this.name,
        configFileMode: 0o600,
        accessPropertiesByDotNotation: false,
      });
      const { store } = this.conf;
      for (const [key, value] of Object.entries(changes))
        if (value === undefined) delete store[key];
        else store[key] = value;
      this.conf.store = store;
    } catch (error) {
      throw this.unusable(error);
    }
  }

  /** Moves the file aside and says so. */
  damaged(): BenchError {
    const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
    const kept = `${this.path}.damaged-${stamp}`;
    if (this.folder.readOnly)
      return new BenchError('SETTINGS_DAMAGED', {
        message: `${this.path} is damaged and cannot be read.`,
        advice: 'Close the other benchflash and start again.',
      });
    try {
      renameSync(this.path, kept);
    } catch (error) {
      return this.unusable(error);
    }
    return new BenchError('SETTINGS_DAMAGED', {
      message: `${this.path} is damaged and cannot be read; it is kept as ${kept}.`,
      detail: { kept },
    });
  }

  private unusable(error: unknown): BenchError {
    const errno = errnoOf(error);
    return new BenchError(errno === 'ENOSPC' || errno === 'EDQUOT' ? 'DISK_FULL' : 'DATA_DIR_UNUSABLE', {
      message: `${this.path} cannot be used (${errno ?? String(error)}).`,
      cause: error,
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
