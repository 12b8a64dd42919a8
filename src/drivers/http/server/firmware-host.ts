import type { Clock } from '../../../core/clock.ts';
import { Acknowledged } from './acknowledged.ts';
import { type AwakeKeeper, Lifetime } from './lifetime.ts';
import { Listeners } from './listeners.ts';
import type { OfferOrder, OrderAnswer, ToBench, ToServer } from './messages.ts';
import { LiveOffer, Offers } from './offers.ts';
import { Outbox } from './outbox.ts';
import { storeFile, type StoredFile } from './stored-file.ts';
import type { TcpTables } from '../tcp-queues.ts';

export interface FirmwareHostOptions {
  readonly clock: Clock;
  /** To the bench; `whenTaken` is called when the channel has it, or is gone. */
  readonly send: (message: ToBench, whenTaken: () => void) => void;
  readonly keeper: AwakeKeeper;
  /** The bench is gone and there is nothing left to do. */
  readonly onOver: () => void;
  /** What the kernel tells of connections; null: nothing; missing: what this system has. */
  readonly tcpTables?: TcpTables | null;
}

/**
 * The block count of a takeover's intermediate firmware runs below zero for what is shorter than its boot sector's place
 * (0x7000) and one block, and the unit is lost.
 */
const SHORTEST_TAKEOVER_BYTES = 0x8000;

/** The firmware server without its process: what the bench asks for, and what units fetch. */
export class FirmwareHost {
  readonly #clock: Clock;
  readonly #send: FirmwareHostOptions['send'];
  readonly #offers = new Offers();
  readonly #outbox: Outbox;
  readonly #lifetime: Lifetime;
  readonly #listeners: Listeners;

  constructor({ clock, send, keeper, onOver, tcpTables }: FirmwareHostOptions) {
    this.#clock = clock;
    this.#send = send;
    this.#outbox = new Outbox(clock, send);
    this.#lifetime = new Lifetime(clock, this.#offers, keeper, () => {
      this.#listeners.close();
      onOver();
    });
    this.#listeners = new Listeners({
      clock,
      offers: this.#offers,
      acknowledged: new Acknowledged(clock, tcpTables),
      onSign: () => this.#lifetime.changed(),
    });
  }

  async take(message: ToServer): Promise<void> {
    if (message.type === 'leaving') {
      for (const offer of this.#offers.all)
        if (this.#offers.begunSignMs(offer) === undefined) this.#offers.withdraw(offer.folder);
      return;
    }
    const { id } = message;
    if (message.type === 'withdraw') {
      const unit = this.#offers.get(message.folder)?.unit;
      this.#offers.withdraw(message.folder);
      if (unit !== undefined) this.#offers.forget(unit);
      this.#lifetime.changed();
      this.#send({ type: 'answer', id, answer: { kind: 'withdrawn' } }, () => {});
      return;
    }
    const answer = await this.#offer(message.order).catch((error: unknown): OrderAnswer => {
      const { code, message: why } = error as NodeJS.ErrnoException;
      return code === 'EADDRINUSE' ? { kind: 'port-taken' } : { kind: 'failed', why };
    });
    this.#send({ type: 'answer', id, answer }, () => {});
  }

  /** The bench is gone, in whatever way. */
  alone(): void {
    this.#lifetime.alone();
  }

  /** Takes no new connections. */
  close(): void {
    this.#listeners.close();
  }

  async #offer(order: OfferOrder): Promise<OrderAnswer> {
    const files = new Map<string, StoredFile>();
    const missing: string[] = [];
    for (const { name, sha256 } of order.files) {
      const content = order.contents.get(sha256);
      const file = this.#offers.stored(sha256) ?? (content && storeFile(content, sha256));
      if (file) files.set(name, file);
      else if (content) return { kind: 'refused', why: `${name} is not what its hash says` };
      else missing.push(sha256);
    }
    if (missing.length > 0) return { kind: 'missing', sha256s: missing };
    for (const [name, { content }] of files) {
      if (content.length === 0) return { kind: 'refused', why: `${name} is empty` };
      if (order.style === 'takeover' && content.length < SHORTEST_TAKEOVER_BYTES)
        return { kind: 'refused', why: `${name} is too short for a takeover: ${content.length} bytes` };
    }
    const port = await this.#listeners.listen(order.address, order.port);
    const offer = new LiveOffer(order, files, this.#clock.monotonicMs(), (folder, event) =>
      this.#outbox.add(folder, event),
    );
    this.#offers.add(offer);
    return { kind: 'offered', folder: offer.folder, port };
  }
}
