import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { uptime } from 'node:os';
import { BenchError } from '../../core/errors.ts';
import { isProcessAlive } from '../../core/process-alive.ts';

/** Locks this process holds: a lock file with our own number that is not among them is a left-over. */
const held = new Set<string>();

/** Slack for comparing a file's time with the start of the computer, ms. */
const BOOT_SLACK_MS = 10_000;

/**
 * Takes the lock file of a unit for this process; the returned function gives it back. Throws PORT_BUSY while a
 * living process holds it; a lock whose process is gone, or that is older than the computer's last start, is
 * taken over.
 */
export function lockUnit(path: string, name: string): () => void {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, `${process.pid}\n`);
      closeSync(file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new BenchError('DATA_DIR_UNUSABLE', { cause: error });
      if (attempt === 2 || isHeld(path))
        throw new BenchError('PORT_BUSY', {
          message: `${name} is in use by another benchflash.`,
          advice: 'Close the other one, or choose another unit number or --data-dir.',
          cause: error,
        });
      unlinkIfThere(path);
    }
  }
  held.add(path);
  return () => {
    if (held.delete(path)) unlinkIfThere(path);
  };
}

function isHeld(path: string): boolean {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    if (pid === process.pid) return held.has(path);
    if (statSync(path).mtimeMs < Date.now() - uptime() * 1000 - BOOT_SLACK_MS) return false;
    // A lock that holds no number yet is being written right now.
    return Number.isNaN(pid) ? Date.now() - statSync(path).mtimeMs < BOOT_SLACK_MS : isProcessAlive(pid);
  } catch {
    return false;
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else took it away: that is what was wanted.
  }
}
