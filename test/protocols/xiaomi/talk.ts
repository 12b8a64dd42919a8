import { ManualClock } from '../../harness/manual-clock.ts';

/** A context of a conversation with time of its own. */
export function talk() {
  const clock = new ManualClock();
  const abort = new AbortController();
  const lines: string[] = [];
  return {
    clock,
    abort,
    lines,
    context: {
      clock,
      signal: abort.signal,
      log: (_level: string, text: string) => void lines.push(text),
    },
  };
}
