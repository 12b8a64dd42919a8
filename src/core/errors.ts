import { ERROR_CODES } from './error-codes/index.ts';

export type Blame = 'device' | 'bench' | 'operator';
export type ErrorCode = keyof typeof ERROR_CODES;

/** One row of the table of codes: what the operator reads when nothing more specific is known. */
export interface ErrorCodeRow {
  /** How a run that dies of it ends. */
  readonly outcome: 'FAIL' | 'ERROR' | 'UNSURE' | 'SKIPPED' | 'ABORTED';
  readonly blame: Blame;
  /** What happened, one sentence. */
  readonly message: string;
  /** The one thing to do now, in the operator's words. */
  readonly advice: string;
  /** What a retry repeats, e.g. `starts again at detect; the backup is kept`. */
  readonly retry: string;
}

export interface ErrorFacts {
  readonly message?: string;
  readonly advice?: string;
  readonly blame?: Blame;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
  readonly next?: string;
  readonly cause?: unknown;
}

/** An expected failure: everything the operator must know of it. Anything else thrown is a defect (code BUG). */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: ErrorCode;
  readonly outcome: ErrorCodeRow['outcome'];
  readonly blame: Blame;
  readonly advice: string;
  readonly retry: string;
  readonly next: string | undefined;
  readonly detail: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, facts: ErrorFacts = {}) {
    const row: ErrorCodeRow = ERROR_CODES[code];
    super(facts.message ?? row.message, { cause: facts.cause });
    this.code = code;
    this.outcome = row.outcome;
    this.blame = facts.blame ?? row.blame;
    this.advice = facts.advice ?? row.advice;
    this.retry = row.retry;
    this.next = facts.next;
    this.detail = facts.detail ?? {};
  }
}

export const isBenchError = (error: unknown, ...codes: readonly ErrorCode[]): error is BenchError =>
  error instanceof BenchError && (codes.length === 0 || codes.includes(error.code));

/** Wraps an unknown throwable once, at the edge of an actor or command. */
export function toBenchError(error: unknown): BenchError {
  if (error instanceof BenchError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new BenchError('ABORTED', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new BenchError('BUG', { message: `benchflash itself failed: ${message}`, cause: error });
}
