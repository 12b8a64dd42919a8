import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { LastingStorage } from './storage.ts';

const PAGE_BYTES = 4096;
/** Longest time for which a change is only in memory, ms: what a kill -9 can cost a virtual unit. */
const FLUSH_AFTER_MS = 250;

export interface FlashFileOptions {
  readonly path: string;
  /** Small facts beside the flash; undefined: not kept. */
  readonly notesPath?: string;
  /** Ignore what is there: the unit is a new one. */
  readonly fresh: boolean;
  readonly clock: Clock;
  /** Gives the lock back. */
  readonly release?: () => void;
}

/**
 * Flash content in a file of exactly the size of the flash. Only changed pages are written, in place, so that
 * the file is a usable flash at any moment, as a real one would be when power is lost. A unit that was never
 * changed leaves no file: it is made anew, the same, each time.
 */
export function flashFile(options: FlashFileOptions): LastingStorage {
  const content = options.fresh ? undefined : readIfThere(options.path);
  const notes = options.fresh || options.notesPath == null ? {} : readNotes(options.notesPath);
  let cells: Uint8Array | undefined;
  let handle: number | undefined;
  let dirty = new Set<number>();
  let whole = content == null;
  let cancelFlush: (() => void) | undefined;
  let closed = false;

  const flush = () => {
    cancelFlush?.();
    cancelFlush = undefined;
    if (cells == null || dirty.size === 0) return;
    try {
      if (whole) writeWhole(options.path, cells);
      else {
        handle ??= openSync(options.path, 'r+');
        for (const [first, last] of runs(dirty))
          writeSync(
            handle,
            cells,
            first * PAGE_BYTES,
            Math.min(cells.length, (last + 1) * PAGE_BYTES) - first * PAGE_BYTES,
            first * PAGE_BYTES,
          );
      }
      if (options.notesPath != null) replaceFile(options.notesPath, `${JSON.stringify(notes, null, 2)}\n`);
    } catch {
      // A full disk costs the unit its memory, never the run: it goes on in RAM, and the next flush tries again.
      return;
    }
    whole = false;
    dirty = new Set();
  };

  return {
    content,
    notes,
    adopt(array) {
      cells = array;
      whole ||= content?.length !== array.length;
    },
    touched(offset, length) {
      for (let page = Math.floor(offset / PAGE_BYTES); page * PAGE_BYTES < offset + length; page++)
        dirty.add(page);
      if (!closed) cancelFlush ??= options.clock.after(FLUSH_AFTER_MS, flush);
    },
    flush,
    close() {
      if (closed) return;
      closed = true;
      flush();
      if (handle != null) closeSync(handle);
      options.release?.();
    },
  };
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(path, error);
  }
}

function readNotes(path: string): Record<string, string | number | boolean> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string | number | boolean>;
  } catch {
    return {};
  }
}

function writeWhole(path: string, cells: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  replaceFile(path, cells);
}

/** Never leaves half a file under its name. */
function replaceFile(path: string, content: Uint8Array | string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, content, { mode: 0o600 });
  renameSync(draft, path);
}

function* runs(pages: ReadonlySet<number>): Generator<[number, number]> {
  const sorted = [...pages].sort((one, other) => one - other);
  let first: number | undefined;
  let last = 0;
  for (const page of sorted) {
    if (first != null && page === last + 1) last = page;
    else {
      if (first != null) yield [first, last];
      first = last = page;
    }
  }
  if (first != null) yield [first, last];
}

function storeError(path: string, cause: unknown): BenchError {
  return new BenchError('DATA_DIR_UNUSABLE', {
    message: `The flash of a virtual unit cannot be read from ${path}.`,
    cause,
  });
}
