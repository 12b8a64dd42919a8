import type { Readable } from 'node:stream';
import type { Bench } from '../bench/view.ts';
import type { Clock } from '../core/clock.ts';
import type { ScreenServices } from './services.ts';

/** What the screen writes to: a terminal, or a fake one in tests. */
export interface ScreenOutput {
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
  write(text: string): boolean;
  on(event: 'resize' | 'drain' | 'error', listener: (error?: Error) => void): unknown;
  off(event: 'resize' | 'drain' | 'error', listener: (error?: Error) => void): unknown;
}

export type ScreenInput = Readable & {
  setRawMode?(raw: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
};

export interface ScreenOptions {
  readonly bench: Bench;
  readonly services: ScreenServices;
  /** The start screen, or the dashboard of a batch that runs already. */
  readonly start: 'start' | { readonly batchId: string };
  /** Started as `demo`: the start screen leads with the practice bench. */
  readonly practice: boolean;
  readonly ascii: boolean;
  /** False for NO_COLOR, --no-color and TERM=dumb: bold, dim and inverse only. */
  readonly colour: boolean;
  readonly stdout: ScreenOutput;
  readonly stdin: ScreenInput;
  readonly clock: Clock;
}

/**
 * The full-screen bench. Resolves with the exit code (0 every unit PASS or CURRENT, 1 not all, 130 interrupted)
 * when the operator left, the bench is shut down, the terminal is restored and the summary is printed.
 */
export async function runScreen(options: ScreenOptions): Promise<number> {
  await options.bench.shutdown();
  return 0;
}
