import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { runScreen } from '../../src/ui/run-screen.tsx';
import type { ScreenOptions, ScreenOutput } from '../../src/ui/run-screen.tsx';
import { FakeBench } from './fake-bench.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { FakeServices } from './fake-services.ts';
import { START } from './slots.ts';

/** A terminal of our own size; what is written to it is kept, and drawn by a real terminal emulator. */
export class FakeTty extends EventEmitter implements ScreenOutput {
  columns: number;
  rows: number;
  isTTY = true;
  readonly writes: string[] = [];
  readonly emulator: xterm.Terminal;
  /** False: the buffer is full until `drain`. */
  ready = true;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100 });
  }

  write(text: string): boolean {
    this.writes.push(text);
    this.emulator.write(text);
    return this.ready;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emulator.resize(columns, rows);
    this.emit('resize');
  }

  get written(): string {
    return this.writes.join('');
  }

  /** What a person sees now, without empty rows at the end. */
  async text(): Promise<string> {
    await new Promise<void>((resolve) => this.emulator.write('', resolve));
    const { active } = this.emulator.buffer;
    const rows = Array.from(
      { length: this.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '',
    );
    return rows.join('\n').trimEnd();
  }
}

export class FakeStdin extends PassThrough {
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
}

/** Lets everything that is ready to happen, happen: draws, loads, effects. Nothing here waits for time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const open: { signals: EventEmitter; ended: Promise<number> }[] = [];

/** For `afterEach`: ends every screen a test left open. */
export async function closeScreens(): Promise<void> {
  for (const { signals, ended } of open.splice(0)) {
    signals.emit('SIGTERM');
    await ended.catch(() => 0);
  }
}

export interface OpenScreen {
  readonly tty: FakeTty;
  readonly stdin: FakeStdin;
  readonly bench: FakeBench;
  readonly services: FakeServices;
  readonly clock: ManualClock;
  readonly signals: EventEmitter;
  readonly suspended: number[];
  /** Keys one after another, each with time to be told from a scan. `Enter`, `Esc`, ... or a character. */
  press(...keys: readonly string[]): Promise<void>;
  /** All at once, as a scanner or a paste does. */
  send(bytes: string): Promise<void>;
  /** Into a text field, then Enter. */
  type(text: string): Promise<void>;
  text(): Promise<string>;
  tick(ms: number): Promise<void>;
  readonly ended: Promise<number>;
}

const KEYS: Readonly<Record<string, string>> = {
  Enter: '\r',
  Esc: '\u001b',
  Tab: '\t',
  Up: '\u001b[A',
  Down: '\u001b[B',
  PgUp: '\u001b[5~',
  PgDn: '\u001b[6~',
  Home: '\u001b[H',
  End: '\u001b[F',
  Left: '\u001b[D',
  Backspace: '\u007f',
  'Ctrl+C': '\u0003',
  'Ctrl+L': '\f',
  'Ctrl+Z': '\u001a',
};

export async function openScreen(
  options: Partial<ScreenOptions> & {
    readonly size?: readonly [number, number];
    readonly bench?: FakeBench;
    readonly services?: FakeServices;
  } = {},
): Promise<OpenScreen> {
  const [columns, rows] = options.size ?? [80, 24];
  const tty = new FakeTty(columns, rows);
  const stdin = new FakeStdin();
  const bench = options.bench ?? new FakeBench();
  const services = options.services ?? new FakeServices();
  const clock = new ManualClock(START + 120_000);
  const signals = new EventEmitter();
  const suspended: number[] = [];
  const first = bench.view().batches[0];
  const ended = runScreen({
    start: first === undefined ? 'start' : { batchId: first.id },
    practice: false,
    ascii: false,
    colour: false,
    ...options,
    bench,
    services,
    stdout: tty,
    stdin,
    clock,
    signals,
    suspend: () => suspended.push(clock.now()),
  });
  // A test that waits for the end hears of it; any other must not fail of it.
  ended.catch(() => {});
  open.push({ signals, ended });
  await settle();
  const send = async (bytes: string): Promise<void> => {
    stdin.emit('data', Buffer.from(bytes));
    clock.pass(40);
    await settle();
  };
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await send(KEYS[key] ?? key);
  };
  return {
    tty,
    stdin,
    bench,
    services,
    clock,
    signals,
    suspended,
    press,
    send,
    async type(text) {
      for (const character of text) await send(character);
      await press('Enter');
    },
    text: () => tty.text(),
    async tick(ms) {
      clock.pass(ms);
      await settle();
    },
    ended,
  };
}
