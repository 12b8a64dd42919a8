import type { Clock } from '../../core/clock.ts';
import type { LogSink } from '../../core/log.ts';

/** What every conversation over a connection takes. */
export interface TalkContext {
  readonly clock: Clock;
  /** Aborted on cancel: the conversation stops at its next safe point with ABORTED. */
  readonly signal: AbortSignal;
  readonly log: LogSink;
}
