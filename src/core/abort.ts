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

/** Waits for `promise`, or rejects with the signal's reason when that aborts first. */
export async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}
