import { OUTCOMES, type Outcome } from '../core/outcome.ts';

/** `11 PASS, 1 FAIL`; outcomes nobody had are left out. */
export function countsText(
  counts: Readonly<Record<Outcome, number>>,
  word: (outcome: Outcome) => string = (outcome) => outcome,
): string {
  const parts = OUTCOMES.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => `${counts[outcome]} ${word(outcome)}`,
  );
  return parts.join(', ') || 'none';
}

/** The code, where it says more than the outcome does: `INTERRUPTED` is both. */
export const codeBeside = ({
  code,
  outcome,
}: {
  readonly code?: string | undefined;
  readonly outcome: string;
}): string | undefined => (code === outcome ? undefined : code);
