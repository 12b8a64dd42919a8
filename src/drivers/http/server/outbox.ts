import type { Clock } from '../../../core/clock.ts';
import type { FetchEvent } from '../firmware-server.ts';
import type { OfferEvents, ToBench } from './messages.ts';

/** At most ten messages a second, whatever units do. */
const EVERY_MS = 100;
/** Of one offer while the bench does not read; a unit that asks on and on must not fill the memory. */
const MAX_KEPT = 500;

/**
 * Events on their way to the bench. Of bytes only the last word is kept, in its place among the others. While the bench
 * does not read (it is stopped, or sleeps) nothing piles up in the channel: one message at a time.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #send: (message: ToBench, whenTaken: () => void) => void;
  readonly #waiting = new Map<string, FetchEvent[]>();
  #isBusy = false;

  constructor(clock: Clock, send: (message: ToBench, whenTaken: () => void) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(folder: string, event: FetchEvent): void {
    let events = this.#waiting.get(folder);
    if (!events) this.#waiting.set(folder, (events = []));
    const last = events.at(-1);
    if (event.type === 'bytes' && last?.type === 'bytes' && last.file === event.file) events.pop();
    if (events.length >= MAX_KEPT) events.splice(oldestOfLeastUse(events), 1);
    events.push(event);
    this.#tick();
  }

  #tick(): void {
    if (this.#isBusy || this.#waiting.size === 0) return;
    this.#isBusy = true;
    this.#clock.after(EVERY_MS, () => {
      const offers: OfferEvents[] = [...this.#waiting].map(([folder, events]) => ({ folder, events }));
      this.#waiting.clear();
      this.#send({ type: 'events', offers }, () => {
        this.#isBusy = false;
        this.#tick();
      });
    });
  }
}

/** What is whole, posted or refused is kept before what was only asked or counted. */
function oldestOfLeastUse(events: readonly FetchEvent[]): number {
  const index = events.findIndex(({ type }) => type === 'asked' || type === 'bytes' || type === 'broken');
  return Math.max(0, index);
}
