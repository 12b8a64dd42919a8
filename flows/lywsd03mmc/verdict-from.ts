import type { BenchError } from '../../src/core/errors.ts';
import type { Verdict } from '../../src/core/outcome.ts';

/** The verdict that an error stands for, with what is known besides. */
export const verdictFrom = (error: BenchError, more: Partial<Verdict> = {}): Verdict => ({
  outcome: error.outcome,
  code: error.code,
  message: error.message,
  advice: error.advice,
  blame: error.blame,
  retry: error.retry,
  proof: [],
  ...(error.next != null && { next: error.next }),
  ...more,
});
