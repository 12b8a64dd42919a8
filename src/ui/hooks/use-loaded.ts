import { useCallback, useEffect, useState } from 'react';
import { toBenchError } from '../../core/errors.ts';
import type { BenchError } from '../../core/errors.ts';

export interface Loaded<T> {
  /** The last value that came; undefined until the first. */
  readonly value: T | undefined;
  readonly error: BenchError | undefined;
  readonly reload: () => void;
}

/** Something that must be waited for; `key` says when it is another thing. Late answers to old keys are dropped. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: BenchError }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setState({ value }),
      (error: unknown) => current && setState({ error: toBenchError(error) }),
    );
    return () => {
      current = false;
    };
    // `load` is a new function on every draw; `key` says when it means something else.
  }, [key, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return { value: state.value, error: state.error, reload };
}
