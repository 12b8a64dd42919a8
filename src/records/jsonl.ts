import type { FileHandle } from 'node:fs/promises';
import { diskError, FILE_MODE, type Files, isMissing, onDisk } from './files.ts';

export interface JsonLines {
  readonly values: readonly unknown[];
  /** Whole lines that are no JSON: the file was damaged. */
  readonly damaged: number;
  /** What stands after the last line end and is no whole line: a write that was cut off. */
  readonly torn: string | undefined;
  /** The last line is whole but for its line end. */
  readonly unterminated: boolean;
  /** Length up to the end of the last whole line. */
  readonly wholeBytes: number;
  readonly bytes: number;
}

const NOTHING: JsonLines = {
  values: [],
  damaged: 0,
  torn: undefined,
  unterminated: false,
  wholeBytes: 0,
  bytes: 0,
};

/** Reads a file of JSON lines and forgives what a crash can do to its end. No file reads as an empty one. */
export async function readJsonLines(files: Files, path: string): Promise<JsonLines> {
  let content: Buffer;
  try {
    content = await files.readFile(path);
  } catch (error) {
    if (isMissing(error)) return NOTHING;
    throw diskError(error, path);
  }
  const values: unknown[] = [];
  let damaged = 0;
  let start = 0;
  for (let end = content.indexOf(0x0a); end !== -1; end = content.indexOf(0x0a, start)) {
    const value = parseLine(content.toString('utf8', start, end));
    if (value !== undefined) values.push(value);
    else if (end > start) damaged++;
    start = end + 1;
  }
  const rest = content.toString('utf8', start);
  const last = rest === '' ? undefined : parseLine(rest);
  if (last !== undefined) values.push(last);
  return {
    values,
    damaged,
    torn: rest !== '' && last === undefined ? rest : undefined,
    unterminated: last !== undefined,
    wholeBytes: last === undefined ? start : content.length,
    bytes: content.length,
  };
}

/** Lines are objects, so a line that was cut short never parses. */
function parseLine(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Waiting {
  readonly line: string;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends JSON lines. What is asked for while a write is going on goes out together with the next one, so that 64
 * slots share one fsync. A write that fails leaves no half line behind.
 */
export class LineFile {
  private readonly waiting: Waiting[] = [];
  private draining: Promise<void> | undefined;
  private halfLine = false;
  readonly path: string;
  private readonly handle: FileHandle;
  private length: number;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.path = path;
    this.handle = handle;
    this.length = length;
  }

  static async open(files: Files, path: string): Promise<LineFile> {
    return onDisk(path, async () => {
      const handle = await files.open(path, 'a', FILE_MODE);
      return new LineFile(path, handle, (await handle.stat()).size);
    });
  }

  /** Bytes in the file, all of them whole lines. */
  get bytes(): number {
    return this.length;
  }

  /** Resolves when the line is in the file; `durable`: on the disk. */
  append(value: object, durable: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ line: `${JSON.stringify(value)}\n`, durable, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  async flush(): Promise<void> {
    await this.draining;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.handle.close();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0);
      try {
        const text = Buffer.from((this.halfLine ? '\n' : '') + group.map(({ line }) => line).join(''));
        await this.handle.appendFile(text);
        if (group.some(({ durable }) => durable)) await this.handle.datasync();
        this.length += text.length;
        this.halfLine = false;
        for (const { resolve } of group) resolve();
      } catch (error) {
        await this.cutBack();
        for (const { reject } of group) reject(diskError(error, this.path));
      }
    }
    this.draining = undefined;
  }

  private async cutBack(): Promise<void> {
    try {
      await this.handle.truncate(this.length);
    } catch {
      // /dev/full and append-only files cannot be cut: the next line then starts with a line end.
      this.halfLine = true;
    }
  }
}
