import { sanitize } from '../core/text.ts';
import type { GlobalOptions } from './global-options.ts';
import { LineWriter, type TextStream } from './line-writer.ts';

/** Where a command says things: results on stdout, everything about the doing of it on stderr. */
export interface Output {
  /** True for --json: stdout holds JSON and nothing else. */
  readonly json: boolean;
  readonly out: LineWriter;
  readonly err: LineWriter;
  /**
   * A line for people on stdout. Names out of files and devices may be in it: nothing but text reaches the terminal.
   */
  say(this: void, text: string): void;
  /** Columns of the terminal; 100 where there is none. */
  readonly columns: number;
  /** True where escape codes for colour are welcome. */
  readonly colour: boolean;
  flush(): Promise<void>;
}

export function createOutput(
  streams: { readonly stdout: TextStream; readonly stderr: TextStream },
  options: GlobalOptions,
  env: Readonly<Record<string, string | undefined>>,
): Output {
  const out = new LineWriter(streams.stdout);
  const err = new LineWriter(streams.stderr);
  return {
    json: options.json,
    out,
    err,
    say: (text) => out.line(sanitize(text, { keepLines: true }).replaceAll('\n', ' ')),
    columns: streams.stdout.columns ?? 100,
    colour: streams.stdout.isTTY === true && wantsColour(options, env),
    flush: async () => {
      await Promise.all([out.flush(), err.flush()]);
    },
  };
}

/** `NO_COLOR` counts when it is set and not empty (no-color.org). */
export const wantsColour = (
  options: GlobalOptions,
  env: Readonly<Record<string, string | undefined>>,
): boolean => options.color && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
