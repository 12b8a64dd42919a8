import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { collector, type Peer } from '../../drivers/serial/contract.ts';

/** Whether a program answers `args` with success; a missing one does not. */
export function answers(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A program that stands at the far end: its input goes onto the wire, what comes over the wire is its output. */
export class PeerProcess {
  readonly peer: Peer;
  readonly #child: ChildProcessWithoutNullStreams;
  #errors = '';

  constructor(program: string, args: readonly string[]) {
    const child = spawn(program, args, { stdio: 'pipe' });
    this.#child = child;
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    const received = collector((add) => child.stdout.on('data', add));
    this.peer = {
      send: (bytes) => void child.stdin.write(bytes),
      received: (count) => received.atLeast(count),
      stall: () => void child.stdout.pause(),
      cut: () => void child.kill('SIGKILL'),
    };
  }

  /** Resolves with the match once the program has said it on its standard error. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#errors);
      if (match) return match;
      if (this.#child.exitCode != null || this.#child.signalCode != null)
        throw new Error(`the peer ended: ${this.#errors}`);
      await Promise.race([once(this.#child.stderr, 'data'), once(this.#child, 'close')]);
    }
  }

  /** Ends its input and waits until it has ended by itself. */
  async end(): Promise<void> {
    if (this.#child.exitCode != null || this.#child.signalCode != null) return;
    const ended = once(this.#child, 'close');
    this.#child.stdout.resume();
    this.#child.stdin.end();
    await ended;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode != null || this.#child.signalCode != null) return;
    const ended = once(this.#child, 'close');
    this.#child.stdout.resume();
    this.#child.kill('SIGKILL');
    await ended;
  }
}
