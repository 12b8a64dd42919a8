import { join } from 'node:path';
import * as z from 'zod';
import { type Files, readText, writeAtomic } from './files.ts';

const counterSchema = z.object({
  nextRun: z.number().int().positive(),
  nextBatch: z.number().int().positive(),
});
type Numbers = z.infer<typeof counterSchema>;

/**
 * Numbers of runs and batches: unique and increasing over all batches of a data directory. They follow from the
 * batches; `counter.json` remembers them where batch folders were deleted, so that a number on a unit's sticker is
 * never given out again.
 */
export class Counter {
  private readonly files: Files;
  private readonly path: string;
  private next: Numbers;
  private writing: Promise<void> = Promise.resolve();

  private constructor(files: Files, path: string, next: Numbers) {
    this.files = files;
    this.path = path;
    this.next = next;
  }

  /** `used`: the highest numbers found in the batches, 0 for none. */
  static async open(
    files: Files,
    folder: string,
    used: { readonly run: number; readonly batch: number },
  ): Promise<Counter> {
    const path = join(folder, 'counter.json');
    const kept = await readNumbers(files, path);
    return new Counter(files, path, {
      nextRun: Math.max(kept.nextRun, used.run + 1),
      nextBatch: Math.max(kept.nextBatch, used.batch + 1),
    });
  }

  async run(): Promise<number> {
    const number = this.next.nextRun++;
    await this.write();
    return number;
  }

  async batch(): Promise<number> {
    const number = this.next.nextBatch++;
    await this.write();
    return number;
  }

  private write(): Promise<void> {
    const text = `${JSON.stringify(this.next)}\n`;
    const mine = this.writing.catch(() => {}).then(() => writeAtomic(this.files, this.path, text));
    this.writing = mine;
    return mine;
  }
}

async function readNumbers(files: Files, path: string): Promise<Numbers> {
  try {
    return counterSchema.parse(JSON.parse((await readText(files, path)) ?? ''));
  } catch {
    return { nextRun: 1, nextBatch: 1 };
  }
}
