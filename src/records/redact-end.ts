import type { RunEnd } from './batch-journal.ts';
import type { Redactor } from './redact.ts';

/** The end of a run as it may be shown: every sentence of it without secrets. Codes, paths and hashes stay. */
export function redactEnd(end: RunEnd, redact: Redactor): RunEnd {
  const { advice, retry, evidence, note, notDone, warnings } = end;
  return {
    ...end,
    message: redact(end.message),
    ...(advice !== undefined && { advice: redact(advice) }),
    ...(retry !== undefined && { retry: redact(retry) }),
    ...(evidence !== undefined && { evidence: redact(evidence) }),
    ...(note !== undefined && { note: redact(note) }),
    ...(notDone && { notDone: notDone.map(redact) }),
    ...(warnings && { warnings: warnings.map(redact) }),
  };
}
