import { spawn } from 'node:child_process';
import { type Clock, systemClock } from '../../core/clock.ts';
import { sanitize } from '../../core/text.ts';
import { HELD, type InhibitorCommand, inhibitorCommands } from './inhibitor-commands.ts';

/** Whether the computer is kept awake now. */
export type AwakeState =
  | { readonly state: 'off' }
  /** `by`: the program that holds it, e.g. `systemd-inhibit`. */
  | { readonly state: 'held'; readonly by: string }
  /** Nothing on this machine can hold it; the work goes on. `why` is for the operator. */
  | { readonly state: 'unavailable'; readonly why: string };

export interface SleepInhibitor {
  readonly current: AwakeState;
  /**
   * Keeps the computer awake until `release` is called (idempotent). Counted: it may sleep again after the last
   * release. Resolves once it is held or known to be unavailable; never rejects. What was unavailable is tried again
   * by the next acquire.
   */
  acquire(reason: string): Promise<{ readonly state: AwakeState; release(): void }>;
  /** Lets go whatever the count; for the end of the program. */
  close(): void;
}

/** A started command, as far as it matters here. */
export interface HoldingProcess {
  /** Called with what it writes to its standard output and error. */
  onOutput(listener: (text: string) => void): void;
  /** Called once when it ended or could not be started. */
  onEnd(listener: (why: string) => void): void;
  /** Ends it. */
  end(): void;
}

export interface SleepInhibitorOptions {
  readonly clock?: Clock;
  readonly platform?: NodeJS.Platform;
  readonly start?: (command: InhibitorCommand) => HoldingProcess;
  /** Hears that the computer may sleep although it was to stay awake: the command ended by itself. */
  readonly onLost?: (why: string) => void;
}

/** Powershell compiles its call first, which takes seconds on a slow machine. */
const START_LIMIT_MS = 15_000;

export function createSleepInhibitor(options: SleepInhibitorOptions = {}): SleepInhibitor {
  const { clock = systemClock, platform = process.platform, start = startProcess } = options;
  let current: AwakeState = { state: 'off' };
  let count = 0;
  /** One stretch of staying awake; another one may begin while its command is still starting. */
  let stretch: { holder?: HoldingProcess; started?: Promise<void> } | undefined;

  const letGo = () => {
    count = 0;
    stretch?.holder?.end();
    stretch = undefined;
    current = { state: 'off' };
  };

  const hold = async (own: NonNullable<typeof stretch>, reason: string): Promise<void> => {
    const reasons: string[] = [];
    for (const command of inhibitorCommands(platform, reason)) {
      const { held, why } = await tryCommand(command, start, clock);
      if (own !== stretch) return held?.end();
      if (held) {
        own.holder = held;
        current = { state: 'held', by: command.by };
        held.onEnd((end) => {
          if (own !== stretch) return;
          stretch = undefined;
          current = { state: 'unavailable', why: `${command.by} ended: ${end}` };
          options.onLost?.(current.why);
        });
        return;
      }
      reasons.push(`${command.by}: ${why}`);
    }
    stretch = undefined;
    current = {
      state: 'unavailable',
      why: reasons.join('; ') || 'no way is known to keep this system awake',
    };
  };

  return {
    get current() {
      return current;
    },
    async acquire(reason) {
      count++;
      let own = stretch;
      if (!own) {
        own = stretch = {};
        own.started = hold(own, reason);
      }
      await own.started;
      let mine = true;
      return {
        state: current,
        release() {
          if (!mine) return;
          mine = false;
          if (count > 0 && --count === 0) letGo();
        },
      };
    },
    close: letGo,
  };
}

interface Attempt {
  readonly held?: HoldingProcess;
  readonly why?: string;
}

function tryCommand(
  command: InhibitorCommand,
  start: (command: InhibitorCommand) => HoldingProcess,
  clock: Clock,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const child = start(command);
    let output = '';
    const cancelLimit = clock.after(START_LIMIT_MS, () => {
      resolve({ why: 'it does not answer' });
      child.end();
    });
    child.onOutput((text) => {
      output += text;
      if (!output.split(/\r?\n/).slice(0, -1).includes(HELD)) return;
      cancelLimit();
      resolve({ held: child });
    });
    child.onEnd((why) => {
      cancelLimit();
      resolve({ why: sanitize(output).slice(0, 200) || why });
    });
  });
}

function startProcess({ file, args }: InhibitorCommand): HoldingProcess {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  // It holds no one up: neither the end of the program nor, by its pipes, the event loop.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    stream.on('error', () => undefined);
    (stream as unknown as { unref?: () => void }).unref?.();
  }
  return {
    onOutput(listener) {
      child.stdout.on('data', (chunk: Buffer) => listener(chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => listener(chunk.toString()));
    },
    onEnd(listener) {
      child.once('error', (error: NodeJS.ErrnoException) =>
        listener(error.code === 'ENOENT' ? 'not installed' : error.message),
      );
      child.once('close', (code, signal) => listener(`ended with ${signal ?? code}`));
    },
    end() {
      child.stdin.destroy();
      child.kill();
    },
  };
}
