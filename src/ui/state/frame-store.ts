import type { Bench, BenchView } from '../../bench/view.ts';
import type { Clock } from '../../core/clock.ts';
import type { Size } from '../terminal.ts';
import { isOpen } from '../words/slot-words.ts';

/** What one frame is drawn from. A new object for each frame. */
export interface Frame {
  readonly view: BenchView;
  readonly size: Size;
  readonly now: number;
  /** Counts the ticks; turns spinners. */
  readonly tick: number;
}

/** At most ten frames a second, ms. */
export const FRAME_MS = 100;
/** Spinners turn this often, ms; ages count in seconds. */
export const TICK_MS = 250;

/** The one ticker: gathers changes of the bench, the passing of time and resizes into frames. */
export class FrameStore {
  readonly #bench: Bench;
  readonly #clock: Clock;
  readonly #readSize: () => Size;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #frame: Frame;
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancelFrame: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;

  constructor(bench: Bench, clock: Clock, readSize: () => Size) {
    this.#bench = bench;
    this.#clock = clock;
    this.#readSize = readSize;
    this.#frame = { view: bench.view(), size: readSize(), now: clock.now(), tick: 0 };
    this.#unsubscribe = bench.subscribe(this.request);
    this.#scheduleTick();
  }

  get = (): Frame => this.#frame;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes a frame at once: after a resize or a key. */
  refresh(): void {
    this.#take(this.#frame.tick);
  }

  dispose(): void {
    this.#unsubscribe();
    this.#cancelFrame?.();
    this.#cancelTick?.();
    this.#listeners.clear();
  }

  /** Something changed: a frame as soon as the rate allows. */
  request = (): void => {
    if (this.#cancelFrame !== undefined) return;
    const wait = Math.max(0, this.#lastAt + FRAME_MS - this.#clock.monotonicMs());
    this.#cancelFrame = this.#clock.after(wait, () => this.#take(this.#frame.tick));
  };

  #take(tick: number): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    this.#lastAt = this.#clock.monotonicMs();
    const size = this.#readSize();
    const same = size.columns === this.#frame.size.columns && size.rows === this.#frame.size.rows;
    this.#frame = {
      view: this.#bench.view(),
      size: same ? this.#frame.size : size,
      now: this.#clock.now(),
      tick,
    };
    for (const listener of this.#listeners) listener();
    if (this.#cancelTick === undefined) this.#scheduleTick();
  }

  /** Time is drawn only while something is going on. */
  #scheduleTick(): void {
    const slots = this.#frame.view.batches.flatMap((batch) => batch.slots);
    const spins = slots.some(({ state, progress }) => state === 'running' && progress?.total === undefined);
    if (!spins && !slots.some((slot) => isOpen(slot) || slot.state === 'take-out')) return;
    this.#cancelTick = this.#clock.after(spins ? TICK_MS : 1000, () => {
      this.#cancelTick = undefined;
      this.#take(this.#frame.tick + 1);
    });
  }
}
