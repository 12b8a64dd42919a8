import type { Clock } from '../../../core/clock.ts';
import type { LiveOffer, Offers } from './offers.ts';

/** Without the bench: so long may a job that was begun stand still before it is given up, ms. */
export const BEGUN_LIMIT_MS = 30 * 60_000;
/**
 * Without the bench: so long may a unit that was told to come take to do so, ms. The slowest known is HAA, which tries
 * to join its Wi-Fi for 240 s first.
 */
export const UNASKED_LIMIT_MS = 5 * 60_000;
const LOOK_EVERY_MS = 1_000;

/** Keeps the computer awake; the bench's own inhibitor ends with the bench. */
export interface AwakeKeeper {
  acquire(reason: string): Promise<{ release(): void }>;
}

/**
 * How long the server goes on. While its bench is there: always. Without it: until every job that was begun is through,
 * transfers and later stages, or has stood still for its limit.
 */
export class Lifetime {
  readonly #clock: Clock;
  readonly #offers: Offers;
  readonly #onOver: () => void;
  readonly #keeper: AwakeKeeper;
  #awake: Promise<{ release(): void }> | undefined;
  #isAlone = false;
  #isOver = false;

  constructor(clock: Clock, offers: Offers, keeper: AwakeKeeper, onOver: () => void) {
    this.#clock = clock;
    this.#offers = offers;
    this.#keeper = keeper;
    this.#onOver = onOver;
  }

  /** The bench is gone. */
  alone(): void {
    if (this.#isAlone) return;
    this.#isAlone = true;
    this.#watch();
  }

  /** Something at an offer has changed: keeps the computer awake while a job is open, and no longer. */
  changed(): void {
    this.#offers.tidy();
    const isOpen = this.#offers.all.some((offer) => this.#isOpen(offer));
    if (isOpen) this.#awake ??= this.#keeper.acquire('units fetch firmware');
    else {
      void this.#awake?.then((held) => held.release());
      this.#awake = undefined;
    }
  }

  #watch(): void {
    if (this.#isOver) return;
    const nowMs = this.#clock.monotonicMs();
    for (const offer of this.#offers.all) {
      if (offer.withdrawn || !this.#isDone(offer, nowMs)) continue;
      this.#offers.withdraw(offer.folder);
    }
    this.changed();
    const open = this.#offers.all.filter((offer) => !this.#isDone(offer, nowMs));
    if (open.length > 0) {
      this.#clock.after(LOOK_EVERY_MS, () => this.#watch());
      return;
    }
    this.#isOver = true;
    this.#onOver();
  }

  /** Something is on its way, or its unit will come for more. */
  #isOpen(offer: LiveOffer): boolean {
    if (offer.sendings.size > 0) return true;
    return !offer.withdrawn && !offer.complete && this.#offers.begunSignMs(offer) !== undefined;
  }

  #isDone(offer: LiveOffer, nowMs: number): boolean {
    const begunMs = this.#offers.begunSignMs(offer);
    const stillMs = nowMs - Math.max(offer.lastSignMs, begunMs ?? 0);
    if (offer.sendings.size > 0) return stillMs >= BEGUN_LIMIT_MS;
    if (offer.withdrawn || offer.complete) return true;
    return stillMs >= (begunMs === undefined ? UNASKED_LIMIT_MS : BEGUN_LIMIT_MS);
  }
}
