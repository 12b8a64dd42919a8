import { useCallback, useEffect, useState } from 'react';
import { toBenchError } from '../../core/errors.ts';
import type { BenchError } from '../../core/errors.ts';

export interface Loaded<T> {
  /** Undefined until it came. */
  readonly value: T | undefined;
  readonly error: BenchError | undefined;
  readonly reload: () => void;
}

interface State<T> {
  readonly key?: string;
  readonly value?: T;
  readonly error?: BenchError;
}

/**
 * Something that must be waited for; `key` says when it is another thing, and late answers to old keys are
 * dropped. With `keepOld` the value of the key before stays until the new one is there.
 */
export function useLoaded<T>(key: string, load: () => Promise<T>, keepOld = false): Loaded<T> {
  const [state, setState] = useState<State<T>>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setState({ key, value }),
      (error: unknown) => current && setState({ key, error: toBenchError(error) }),
    );
    return () => {
      current = false;
    };
    // `load` is a new function on every draw; `key` says when it means something else.
  }, [key, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const known = keepOld || state.key === key;
  return { value: known ? state.value : undefined, error: known ? state.error : undefined, reload };
}
