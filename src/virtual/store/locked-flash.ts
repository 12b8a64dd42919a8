import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { flashFile } from './flash-file.ts';
import type { LastingStorage } from './storage.ts';
import { lockUnit } from './unit-lock.ts';

/**
 * Flash of one unit in `DIRECTORY/DEVICE-UNIT.bin`, this process's own until it is closed. Throws DATA_DIR_UNUSABLE,
 * PORT_BUSY while another process holds the unit.
 */
export function lockedFlashFile(
  directory: string,
  clock: Clock,
  { device, unit, fresh }: { readonly device: string; readonly unit: number; readonly fresh: boolean },
): LastingStorage {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw new BenchError('DATA_DIR_UNUSABLE', { cause });
  }
  const base = join(directory, `${device}-${unit}`);
  const release = lockUnit(`${base}.lock`, `virtual:${device}#${unit}`);
  try {
    return flashFile({ path: `${base}.bin`, notesPath: `${base}.json`, fresh, clock, release });
  } catch (error) {
    release();
    throw error;
  }
}
