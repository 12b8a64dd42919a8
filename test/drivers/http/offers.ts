import { randomBytes } from 'node:crypto';
import { afterEach } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { sha256Hex } from '../../../src/core/digest.ts';
import type { FetchEvent, FetchStyle } from '../../../src/drivers/http/firmware-server.ts';
import { FirmwareHost } from '../../../src/drivers/http/server/firmware-host.ts';
import type { OrderAnswer, ToBench } from '../../../src/drivers/http/server/messages.ts';
import type { TcpTables } from '../../../src/drivers/http/tcp-queues.ts';

export const SELF_TEST_KEY = 'of-the-bench';

/** Firmware as far as this server knows it. */
export const someContent = (bytes: number): Buffer => randomBytes(bytes);

export interface TestOffer {
  readonly style: FetchStyle;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly unit?: string;
  readonly mac?: string;
  readonly towards?: string;
  readonly sha256s?: Readonly<Record<string, string>>;
}

export interface Offered {
  readonly folder: string;
  readonly port: number;
  readonly events: readonly FetchEvent[];
  /** Types of the events, `bytes` left out. */
  readonly story: () => readonly string[];
}

/** The server without its process. */
export class HostInTest {
  readonly host: FirmwareHost;
  isOver = false;
  awake = 0;
  readonly #answers = new Map<number, OrderAnswer>();
  readonly #events = new Map<string, FetchEvent[]>();
  #lastId = 0;

  constructor({ clock = systemClock, tcpTables }: { clock?: Clock; tcpTables?: TcpTables | null } = {}) {
    this.host = new FirmwareHost({
      clock,
      tcpTables,
      send: (message, whenTaken) => {
        this.#take(message);
        whenTaken();
      },
      keeper: {
        acquire: async () => {
          this.awake++;
          return { release: () => void this.awake-- };
        },
      },
      onOver: () => (this.isOver = true),
    });
  }

  #take(message: ToBench): void {
    if (message.type === 'answer') this.#answers.set(message.id, message.answer);
    if (message.type === 'events')
      for (const { folder, events } of message.offers) this.eventsOf(folder).push(...events);
  }

  eventsOf(folder: string): FetchEvent[] {
    let events = this.#events.get(folder);
    if (!events) this.#events.set(folder, (events = []));
    return events;
  }

  async order(offer: TestOffer, port = 0): Promise<OrderAnswer> {
    const id = ++this.#lastId;
    const entries = Object.entries(offer.files).map(
      ([name, content]) => ({ name, content, sha256: offer.sha256s?.[name] ?? sha256Hex(content) }) as const,
    );
    await this.host.take({
      type: 'offer',
      id,
      order: {
        unit: offer.unit ?? 'A',
        address: '127.0.0.1',
        port,
        style: offer.style,
        mac: offer.mac,
        towards: offer.towards ?? '127.0.0.1',
        files: entries.map(({ name, sha256 }) => ({ name, sha256 })),
        contents: new Map(entries.map(({ sha256, content }) => [sha256, content])),
        selfTestKey: SELF_TEST_KEY,
      },
    });
    const answer = this.#answers.get(id);
    if (!answer) throw new Error('no answer');
    return answer;
  }

  async offer(offer: TestOffer): Promise<Offered> {
    const answer = await this.order(offer);
    if (answer.kind !== 'offered') throw new Error(`not offered: ${JSON.stringify(answer)}`);
    const events = this.eventsOf(answer.folder);
    const story = () => events.map(({ type }) => type).filter((type) => type !== 'bytes');
    return { ...answer, events, story };
  }

  async withdraw(folder: string): Promise<void> {
    await this.host.take({ type: 'withdraw', id: ++this.#lastId, folder });
  }
}

const hosts: FirmwareHost[] = [];

/** A server that ends with the test. */
export function hostInTest(options: { clock?: Clock; tcpTables?: TcpTables | null } = {}): HostInTest {
  const made = new HostInTest(options);
  hosts.push(made.host);
  return made;
}

afterEach(() => {
  for (const host of hosts.splice(0)) host.close();
});
