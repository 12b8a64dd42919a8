import type { TextStream } from './line-writer.ts';

export type HostSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The process a command runs in; tests bring their own. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Returns the function that stops listening. */
  onSignal(signal: HostSignal, listener: () => void): () => void;
  /** Asks on the terminal without showing what is typed; undefined where there is no terminal. */
  askSecret?: (question: string) => Promise<string>;
  /** Ends the process now; for the operator who insists. */
  exit(code: number): void;
}
