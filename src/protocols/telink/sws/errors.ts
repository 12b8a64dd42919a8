import { BenchError } from '../../../core/errors.ts';

/** Throws what the signal was aborted with, as ABORTED when it is no BenchError. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  throw reason instanceof BenchError ? reason : new BenchError('ABORTED', { cause: reason });
}

/** `heard` of `sent` characters came back. */
export function echoError(sent: Uint8Array, heard: Uint8Array): BenchError {
  const detail = { sent: sent.length, heard: heard.length };
  if (heard.length === 0) return new BenchError('NO_ECHO', { detail });
  const changedAt = heard.findIndex((character, index) => character !== sent[index]);
  return new BenchError('ECHO_GARBLED', {
    detail: { ...detail, ...(changedAt >= 0 && { firstChangedAt: changedAt }) },
  });
}
