import { type ChildProcess, spawn } from 'node:child_process';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import {
  type OrderAnswer,
  type OfferEvents,
  PROTOCOL,
  type ToBench,
  type ToServer,
} from './server/messages.ts';

/** Node itself starts in well under a second; a machine under load takes its time, ms. */
const START_LIMIT_MS = 30_000;
/** For one order: checking hashes and binding a port, ms. */
const ANSWER_LIMIT_MS = 30_000;

/** The built file beside the program; run from source, the one that the last build made. */
const SCRIPT = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/firmware-server.cjs' : './firmware-server.cjs',
    import.meta.url,
  ),
);

export interface ServerProcessOptions {
  readonly clock: Clock;
  readonly onEvents: (offers: readonly OfferEvents[]) => void;
  /** It is gone; told once. */
  readonly onLost: (reason: string) => void;
  readonly script?: string;
}

const LEAVING: ToServer = { type: 'leaving' };

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The firmware server's process as the bench has it: a channel to it. It goes on when the bench ends, in any way. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: OrderAnswer) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;
  /** The last defect that it survived: what ends it may have to do with it. */
  #trouble: string | undefined;
  #lostBy: BenchError | undefined;

  /** Throws SERVER_FAILED. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const child = spawn(process.execPath, [options.script ?? SCRIPT, PROTOCOL], {
      // A session of its own: neither the terminal's end nor its keys reach it.
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      // It keeps no folder from being removed and no disk from being unmounted.
      cwd: parse(process.execPath).root,
      env: environment(),
      windowsHide: true,
    });
    const started = new ServerProcess(child, options);
    await started.#untilReady();
    return started;
  }

  private constructor(child: ChildProcess, { clock, onEvents, onLost }: ServerProcessOptions) {
    this.#child = child;
    this.#clock = clock;
    const lost = (how: string) => {
      if (this.#lostBy) return;
      const reason = this.#trouble === undefined ? how : `${how}; it had told before: ${this.#trouble}`;
      this.#lostBy = new BenchError('SERVER_LOST', { detail: { reason } });
      for (const { reject } of this.#waiting.values()) reject(this.#lostBy);
      this.#waiting.clear();
      onLost(reason);
    };
    child.on('error', (error) => lost(error.message));
    child.once('exit', (code, signal) => lost(`it ended with ${signal ?? code}`));
    child.on('disconnect', () => lost('its channel closed'));
    child.on('message', (message: ToBench) => {
      if (message.type === 'events') onEvents(message.offers);
      else if (message.type === 'trouble') this.#trouble = message.text;
      else if (message.type === 'answer') {
        this.#waiting.get(message.id)?.resolve(message.answer);
        this.#waiting.delete(message.id);
      }
    });
    // It is no reason for the bench to stay.
    child.unref();
    child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isLost(): boolean {
    return this.#lostBy !== undefined;
  }

  /** Throws SERVER_LOST; SERVER_FAILED when it does not answer. */
  async ask(message: DistributiveOmit<Exclude<ToServer, { type: 'leaving' }>, 'id'>): Promise<OrderAnswer> {
    if (this.#lostBy) throw this.#lostBy;
    const id = ++this.#lastId;
    let cancel = () => {};
    try {
      return await new Promise<OrderAnswer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        cancel = this.#clock.after(ANSWER_LIMIT_MS, () =>
          reject(new BenchError('SERVER_FAILED', { message: 'The firmware server does not answer.' })),
        );
        this.#post({ ...message, id });
      });
    } finally {
      cancel();
      this.#waiting.delete(id);
    }
  }

  /** The bench ends: the server may go when its units need it no more. Resolves when it knows. */
  async leave(): Promise<void> {
    if (this.#lostBy || !this.#child.connected) return;
    await new Promise<void>((resolve) => this.#child.send(LEAVING, () => resolve()));
    if (this.#child.connected) this.#child.disconnect();
  }

  #post(message: ToServer): void {
    // What fails shows as the end of the channel.
    this.#child.send(message, () => {});
  }

  async #untilReady(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string) => {
        this.#child.kill();
        reject(new BenchError('SERVER_FAILED', { detail: { why } }));
      };
      const cancel = this.#clock.after(START_LIMIT_MS, () => failed('it did not start in time'));
      this.#child.once('error', (error) => {
        cancel();
        failed(error.message);
      });
      this.#child.once('exit', (code, signal) => {
        cancel();
        failed(`it ended with ${signal ?? code} at once`);
      });
      this.#child.on('message', (message: ToBench) => {
        if (message.type !== 'ready') return;
        cancel();
        resolve();
      });
    });
  }
}

/** It needs none of the secrets that may be in the environment, nor what was meant for this Node only. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(BENCHFLASH_|NODE_|VITEST)/.test(name));
  return Object.fromEntries(kept);
}
