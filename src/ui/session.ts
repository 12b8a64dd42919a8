import type { Bench, SlotView } from '../bench/view.ts';
import type { Clock } from '../core/clock.ts';
import { FocusStack } from './keys/focus-stack.ts';
import { KeyReader } from './keys/key-reader.ts';
import type { InputEvent } from './keys/key-reader.ts';
import { FrameStore } from './state/frame-store.ts';
import { RowBlocks } from './state/row-blocks.ts';
import { ScreenStore } from './state/screen-store.ts';
import type { Route } from './state/screen-store.ts';
import type { Terminal } from './terminal.ts';
import { isOpen } from './words/slot-words.ts';

/** The second Ctrl+C must come within this, ms. */
const TWICE_MS = 3000;

/** Stops this process (and what started it, as a shell expects) until it is continued. */
export type Suspend = () => void;

/** Life of the screen: keys that work everywhere, stopping, suspending, the end. */
export class ScreenSession {
  readonly screen: ScreenStore;
  readonly focus = new FocusStack();
  readonly blocks = new RowBlocks();
  readonly frames: FrameStore;
  readonly ended: Promise<{ readonly interrupted: boolean }>;
  readonly #bench: Bench;
  readonly #clock: Clock;
  readonly #terminal: Terminal;
  readonly #suspend: Suspend;
  readonly #reader: KeyReader;
  #events: InputEvent[] = [];
  #end: (how: { interrupted: boolean }) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #interruptAt = Number.NEGATIVE_INFINITY;

  constructor(parts: {
    readonly bench: Bench;
    readonly clock: Clock;
    readonly terminal: Terminal;
    readonly routes: readonly Route[];
    readonly suspend: Suspend;
  }) {
    this.#bench = parts.bench;
    this.#clock = parts.clock;
    this.#terminal = parts.terminal;
    this.#suspend = parts.suspend;
    this.screen = new ScreenStore(parts.routes);
    this.frames = new FrameStore(parts.bench, parts.clock, () => parts.terminal.size);
    this.#reader = new KeyReader(
      parts.clock,
      (event) => this.#queue(event),
      () => this.focus.wantsText(),
    );
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
  }

  feed = (bytes: Uint8Array): void => this.#reader.feed(bytes);

  resized = (): void => {
    this.frames.refresh();
    this.#terminal.redraw();
  };

  /** A defect in the screen itself: the bench still gets to its safe points. */
  crashed(error: unknown): void {
    this.#terminal.leave('The screen failed; every place goes to its next safe point. One moment.\n');
    void this.#bench.shutdown().finally(() => this.#fail(error));
  }

  /** Stops every place at its safe point, then ends. */
  stop(): void {
    if (this.screen.get().stopping) return;
    const interrupted = this.#open().length > 0;
    this.screen.setStopping();
    this.#bench.shutdown().then(
      () => this.#end({ interrupted }),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Asks first while something is at work. */
  quit = (): void => {
    const open = this.#open();
    if (open.length === 0) {
      this.stop();
      return;
    }
    const writing = open.filter((slot) => slot.writing);
    const lines =
      writing.length > 0
        ? [
            `A write has begun: ${labels(writing)}. They stop where the wire can still recover them, but are not done.`,
            `${open.length} places are at work or wait.`,
          ]
        : [`${open.length} places are at work or wait: ${labels(open)}. No unit is being written now.`];
    this.screen.ask({
      kind: 'confirm',
      title: 'Stop and quit?',
      lines,
      yes: 'stop at safe points and quit',
      run: () => this.stop(),
    });
  };

  #open(): SlotView[] {
    return this.#bench
      .view()
      .batches.flatMap(({ slots }) => slots)
      .filter(isOpen);
  }

  /** One event at a time: what a key changed must be drawn before the next one is judged. */
  #queue(event: InputEvent): void {
    this.#events.push(event);
    if (this.#events.length === 1) void this.#drain();
  }

  async #drain(): Promise<void> {
    for (let event = this.#events[0]; event !== undefined; event = this.#events[0]) {
      this.#dispatch(event);
      // React draws in a microtask of its own; two turns are enough for the draw and its effects.
      await Promise.resolve();
      await Promise.resolve();
      this.#events.shift();
    }
  }

  #dispatch(event: InputEvent): void {
    if (event.kind === 'key' && event.name === 'ctrl-c') this.#interrupt();
    else if (event.kind === 'key' && event.name === 'ctrl-l') this.#terminal.redraw();
    else if (event.kind === 'key' && event.name === 'ctrl-z') this.#suspendSafely();
    else if (!this.screen.get().stopping) this.focus.dispatch(event);
  }

  #interrupt(): void {
    const now = this.#clock.monotonicMs();
    const twice = now - this.#interruptAt <= TWICE_MS;
    this.#interruptAt = twice ? Number.NEGATIVE_INFINITY : now;
    const { stopping } = this.screen.get();
    if (stopping && twice) this.#end({ interrupted: true });
    else if (stopping) this.screen.remember('leaving', true);
    else if (twice) this.stop();
    else this.screen.say('Ctrl+C again stops every place at its next safe point and leaves.', 'warning');
  }

  /** A stopped program does not feed its writers: not while a unit is being written. */
  #suspendSafely(): void {
    const writing = this.#open().filter((slot) => slot.writing);
    if (writing.length > 0) {
      this.screen.say(`Not now: ${labels(writing)} would be left in the middle of a write.`, 'warning');
      return;
    }
    this.#terminal.leave();
    this.#suspend();
  }

  /** SIGCONT. */
  continued = (): void => {
    this.#terminal.resume();
    this.frames.refresh();
  };
}

const labels = (slots: readonly SlotView[]): string => {
  const names = slots.slice(0, 6).map(({ label }) => label);
  return slots.length > 6 ? `${names.join(', ')} and ${slots.length - 6} more` : names.join(', ');
};
