import type { BenchError, Blame, ErrorCode } from './errors.ts';

/** How a run ended. Never fold one into another: each asks something else of the person at the bench. */
export const OUTCOMES = [
  'PASS',
  'CURRENT',
  'UNSURE',
  'FAIL',
  'ERROR',
  'SKIPPED',
  'ABORTED',
  'INTERRUPTED',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Kinds of evidence from this very unit. */
export const PROOFS = ['read back', 'heard', 'banner', 'answered'] as const;
export type Proof = (typeof PROOFS)[number];

/** What a step says when it settles a run; the bench adds identity, files, times. */
export interface Verdict {
  readonly outcome: Outcome;
  /** Required for everything but PASS and CURRENT. */
  readonly code?: ErrorCode;
  /** One sentence: what happened. */
  readonly message: string;
  /** The one thing to do now; empty only for PASS and CURRENT. */
  readonly advice?: string;
  readonly blame?: Blame;
  /** What a retry would repeat. */
  readonly retry?: string;
  readonly proof: readonly Proof[];
  /** The evidence itself, already sanitised: a banner line, a hash. */
  readonly evidence?: string;
  /** Proved after a write had been announced: nothing of it has changed what the unit starts. */
  readonly untouched?: boolean;
  /** What was not done, in the operator's words ("boot not watched"). */
  readonly notDone?: readonly string[];
  /** The flow to go on with when this one refuses. */
  readonly next?: string;
}

/** Outcomes that count as done well: exit code 0. */
export const isGood = (outcome: Outcome): boolean => outcome === 'PASS' || outcome === 'CURRENT';

/** The verdict that an error stands for, with what is known besides. */
export const verdictFrom = (error: BenchError, more: Partial<Verdict> = {}): Verdict => ({
  outcome: error.outcome,
  code: error.code,
  message: error.message,
  advice: error.advice,
  blame: error.blame,
  retry: error.retry,
  proof: [],
  ...(error.next !== undefined && { next: error.next }),
  ...more,
});
