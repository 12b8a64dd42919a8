import { render } from 'ink';
import type { Bench } from '../bench/view.ts';
import type { Clock } from '../core/clock.ts';
import { App } from './app.tsx';
import type { ScreenServices } from './services.ts';
import { ScreenSession } from './session.ts';
import type { RowBlocks } from './state/row-blocks.ts';
import type { ScreenContext } from './state/screen-context.ts';
import type { Route } from './state/screen-store.ts';
import { Terminal } from './terminal.ts';
import type { ScreenInput, ScreenOutput } from './terminal.ts';
import { asciiSymbols, unicodeSymbols } from './theme/symbols.ts';
import { colourTheme, plainTheme } from './theme/theme.ts';
import { exitCode, exitSummary } from './words/exit-summary.ts';

export type { ScreenInput, ScreenOutput } from './terminal.ts';
export type * from './services.ts';

/** The signals the screen listens to; `process`, or a stand-in in tests. */
export interface SignalSource {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

export interface ScreenOptions {
  readonly bench: Bench;
  readonly services: ScreenServices;
  /** The start screen, or the dashboard of a batch that runs already. */
  readonly start: 'start' | { readonly batchId: string };
  /** Started as `demo`: the start screen leads with the practice bench. */
  readonly practice: boolean;
  /** Asked for, or a locale without UTF-8. */
  readonly ascii: boolean;
  /** False for NO_COLOR, --no-color and TERM=dumb: bold, dim and inverse only. */
  readonly colour: boolean;
  readonly stdout: ScreenOutput;
  readonly stdin: ScreenInput;
  readonly clock: Clock;
  /** Default: this process. */
  readonly signals?: SignalSource;
  /** Default: SIGTSTP to the process group. */
  readonly suspend?: () => void;
}

/** Signals that mean "come to an end": the bench still goes to its safe points. */
const STOPPING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * The full-screen bench. Resolves with the exit code (0 every unit PASS or CURRENT, 1 not all, 130 interrupted)
 * when the person left, the bench is shut down, the terminal is restored and the summary is printed. Rejects
 * with a defect of the screen itself, with the terminal restored and the bench shut down.
 */
export async function runScreen(options: ScreenOptions): Promise<number> {
  const { bench, services, stdin, stdout, clock } = options;
  const terminal = new Terminal(stdout, stdin);
  const session = new ScreenSession({
    bench,
    clock,
    terminal,
    routes: firstRoutes(options),
    suspend: options.suspend ?? (() => process.kill(0, 'SIGTSTP')),
  });
  const makeContext = () => contextOf(options, session, terminal);
  const release = listen(options.signals ?? process, session, terminal, options);

  terminal.enter();
  stdin.on('data', session.feed);
  stdin.on('end', onEnd);
  stdout.on('resize', session.resized);
  function onEnd() {
    session.stop();
  }
  const ink = render(<App makeContext={makeContext} bell={() => terminal.bell()} />, {
    // Ink in its debug mode hands over whole frames, whenever something changed; the terminal finds what differs.
    debug: true,
    stdout: frameSink(terminal, session.blocks),
    stdin: process.stdin,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  ink.waitUntilExit().catch((error: unknown) => session.crashed(error));

  try {
    const { interrupted } = await session.ended;
    const summary = exitSummary(bench.view(), services, clock.now(), options.ascii);
    terminal.leave();
    if (!terminal.gone && summary !== '') stdout.write(summary);
    return interrupted ? 130 : exitCode(bench.view());
  } finally {
    terminal.leave();
    ink.unmount();
    session.frames.dispose();
    stdin.off('data', session.feed);
    stdin.off('end', onEnd);
    stdout.off('resize', session.resized);
    release();
  }
}

function firstRoutes({ start, bench }: ScreenOptions): readonly Route[] {
  if (start === 'start') return [{ name: 'start' }];
  const batch = bench.view().batches.find(({ id }) => id === start.batchId);
  const [slot] = batch?.slots ?? [];
  const jig: readonly Route[] =
    batch?.cycle === true && batch.slots.length === 1 && slot !== undefined
      ? [{ name: 'device', slotId: slot.id }]
      : [];
  return [{ name: 'start' }, { name: 'bench' }, ...jig];
}

function contextOf(options: ScreenOptions, session: ScreenSession, terminal: Terminal): ScreenContext {
  const { symbols: wanted } = options.services.preferences();
  const ascii = wanted === 'ascii' || (wanted === 'auto' && options.ascii);
  const symbols = ascii ? asciiSymbols : unicodeSymbols;
  return {
    bench: options.bench,
    services: options.services,
    clock: options.clock,
    practice: options.practice,
    frames: session.frames,
    screen: session.screen,
    focus: session.focus,
    blocks: session.blocks,
    symbols,
    ink: { theme: options.colour ? colourTheme : plainTheme, ascii, ellipsis: symbols.ellipsis },
    quit: session.quit,
    copy: (text) => terminal.copy(text),
    applyPreferences: () => {
      const count = session.screen.get().memory.get('looks');
      session.screen.remember('looks', typeof count === 'number' ? count + 1 : 1);
    },
  };
}

/** Ends at safe points on signals, gives the terminal back on every way out. Returns what undoes it. */
function listen(
  signals: SignalSource,
  session: ScreenSession,
  terminal: Terminal,
  { stdin }: ScreenOptions,
): () => void {
  const stop = () => session.stop();
  const leave = () => terminal.leave();
  const ignore = () => {};
  for (const signal of STOPPING_SIGNALS) signals.on(signal, stop);
  signals.on('SIGCONT', session.continued);
  signals.on('exit', leave);
  // Before the stack of a crash is printed, so that it is printed where it can be read.
  signals.on('uncaughtExceptionMonitor', leave);
  // A terminal that went away (EIO) ends the input; nothing more is to be done about it.
  stdin.on('error', ignore);
  return () => {
    for (const signal of STOPPING_SIGNALS) signals.off(signal, stop);
    signals.off('SIGCONT', session.continued);
    signals.off('exit', leave);
    signals.off('uncaughtExceptionMonitor', leave);
    stdin.off('error', ignore);
  };
}

/** What Ink takes for its terminal: receives frames. Not a TTY, so that Ink sends no modes of its own. */
function frameSink(terminal: Terminal, blocks: RowBlocks): NodeJS.WriteStream {
  const sink = {
    isTTY: false,
    get columns() {
      return terminal.size.columns;
    },
    get rows() {
      return terminal.size.rows;
    },
    write(frame: string): boolean {
      terminal.draw(blocks.expand(frame));
      return true;
    },
    on: () => sink,
    off: () => sink,
  };
  return sink as unknown as NodeJS.WriteStream;
}
