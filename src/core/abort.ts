import { BenchError } from './errors.ts';

/** Throws what the signal was aborted with, as ABORTED when it is no BenchError. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortReason(signal);
}

/** What an aborted signal means for the run. */
export function abortReason(signal: AbortSignal): BenchError {
  const reason: unknown = signal.reason;
  return reason instanceof BenchError ? reason : new BenchError('ABORTED', { cause: reason });
}
