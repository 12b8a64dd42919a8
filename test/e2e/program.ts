import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const PROGRAM = fileURLToPath(new URL('../../dist/benchflash.cjs', import.meta.url));

/** What this process has in its environment must not change what the program says. */
const environment = () => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CI|NODE_ENV|VITEST.*|BENCHFLASH_.*)$/.test(name),
  );
  return { ...Object.fromEntries(kept), TZ: 'UTC' };
};

/** A folder that goes when the tests of the file are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-e2e-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program, running. */
export class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #waiters = new Set<() => void>();

  constructor(words: readonly string[], env: Readonly<Record<string, string>> = {}, program = PROGRAM) {
    this.process = spawn(process.execPath, [program, ...words], {
      env: { ...environment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#heard();
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#heard();
    });
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#heard();
      });
    });
  }

  /** Resolves with the match as soon as stdout has it; rejects when the program ends without it. */
  saw(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#seen(pattern, () => this.stdout);
  }

  /** Likewise of stderr, where a served unit tells what it does. */
  sawLog(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#seen(pattern, () => this.stderr);
  }

  async #seen(pattern: RegExp, said: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(said());
      if (match) return match;
      if (this.process.exitCode != null || this.process.signalCode != null)
        throw new Error(`ended before ${String(pattern)}:\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  #heard(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

export const benchflash = (
  words: readonly string[],
  env?: Readonly<Record<string, string>>,
  program?: string,
): Promise<Ended> => new Running(words, env, program).ended;

/** One event of --json. */
export type EventLine = Record<string, unknown> & { readonly type: string };

export const eventsOf = (stdout: string): EventLine[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventLine);

export const outcomesOf = (stdout: string): EventLine[] =>
  eventsOf(stdout).filter(({ type }) => type === 'outcome');
