import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import type { LogLine } from '../core/log.ts';
import type { Files } from './files.ts';
import { LineFile, readJsonLines } from './jsonl.ts';
import type { Redactor } from './redact.ts';

const logLineSchema = z.object({
  time: z.number(),
  slot: z.string(),
  level: z.enum(['info', 'warn', 'error', 'device']),
  text: z.string(),
});
export type SlotLogLine = LogLine & { readonly slot: string };

/** How long a line may wait for others to be written with it, ms. */
const GATHER_MS = 300;

/**
 * `log.jsonl` of a batch. Buffered, and never in the way: what the disk refuses is dropped, and the next line that gets
 * through says how many were lost.
 */
export class LogFile {
  private gathered: SlotLogLine[] = [];
  private cancelTimer: (() => void) | undefined;
  private lost = 0;
  private readonly path: string;
  private readonly clock: Clock;
  private readonly redact: Redactor;
  private readonly files: Files;
  private file: LineFile | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(files: Files, folder: string, clock: Clock, redact: Redactor) {
    this.files = files;
    this.path = logPath(folder);
    this.clock = clock;
    this.redact = redact;
  }

  add(slot: string, level: LogLine['level'], text: string): void {
    this.gathered.push({ time: this.clock.now(), slot, level, text: this.redact(text) });
    this.cancelTimer ??= this.clock.after(GATHER_MS, () => void this.flush());
  }

  flush(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    const lines = this.gathered;
    this.gathered = [];
    if (lines.length > 0) this.writing = this.writing.then(() => this.write(lines));
    return this.writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.file?.close().catch(() => {});
    this.file = undefined;
  }

  private async write(lines: readonly SlotLogLine[]): Promise<void> {
    try {
      this.file ??= await LineFile.open(this.files, this.path);
      const file = this.file;
      if (this.lost > 0) {
        const text = `${this.lost} log lines could not be written before this one.`;
        await file.append({ time: this.clock.now(), slot: lines[0]!.slot, level: 'warn', text }, false);
        this.lost = 0;
      }
      await Promise.all(lines.map((line) => file.append(line, false)));
    } catch {
      this.lost += lines.length;
    }
  }
}

const logPath = (folder: string) => join(folder, 'log.jsonl');

export async function readLog(files: Files, folder: string, slot?: string): Promise<SlotLogLine[]> {
  const { values } = await readJsonLines(files, logPath(folder));
  return values
    .map((value) => logLineSchema.safeParse(value).data)
    .filter((line) => line !== undefined)
    .filter((line) => slot === undefined || line.slot === slot);
}
