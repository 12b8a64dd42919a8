import { randomBytes } from 'node:crypto';
import { throwIfAborted } from '../../core/abort.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';
import type { FetchEvent, FirmwareServer, Offer, Offering } from './firmware-server.ts';
import { ownAddressTowards } from './udp.ts';
import { selfTest } from './self-test.ts';
import type { OfferOrder, OrderAnswer } from './server/messages.ts';
import { plainMac } from './server/unit-headers.ts';
import { ServerProcess } from './server-process.ts';

export interface FirmwareServerOptions {
  readonly clock?: Clock;
  /** Where firewalls let only a known port through; 0 or missing: any that is free. */
  readonly port?: number;
  /** Another way to start it. */
  readonly script?: string;
}

export interface FirmwareServerProcess extends FirmwareServer {
  /**
   * For the end of the program. Offers that no unit has come for are withdrawn; jobs that were begun go on without the
   * bench, later stages included, and the server ends after them. Idempotent, never throws.
   */
  close(): Promise<void>;
  /** Of the server, while it runs. */
  readonly pid: number | undefined;
}

/** Tasmota keeps no longer URL. */
const MAX_URL_CHARACTERS = 100;
const FILE_NAME = /^[0-9A-Za-z_][0-9A-Za-z._-]*$/;

export function createFirmwareServer(options: FirmwareServerOptions = {}): FirmwareServerProcess {
  const { clock = systemClock, port = 0 } = options;
  const offerings = new Map<string, LiveOffering>();
  let running: Promise<ServerProcess> | undefined;
  let current: ServerProcess | undefined;

  const started = async (): Promise<ServerProcess> => {
    const own = (running ??= ServerProcess.start({
      clock,
      script: options.script,
      onEvents(offers) {
        for (const { folder, events } of offers)
          for (const event of events) offerings.get(folder)?.tell(event);
      },
      onLost(reason) {
        running = undefined;
        current = undefined;
        for (const offering of offerings.values()) offering.lost(reason);
        offerings.clear();
      },
    }));
    own.catch(() => {
      if (running === own) running = undefined;
    });
    return (current = await own);
  };

  return {
    get pid() {
      return current?.pid;
    },
    async offer(offer, { signal }) {
      throwIfAborted(signal);
      checkNames(offer);
      const host = await addressTowards(offer.towards);
      const server = await started();
      throwIfAborted(signal);
      const key = randomBytes(16).toString('hex');
      const answer = offered(await order(server, offer, { host, port, key }), { host, port });
      const at = { host, port: answer.port };
      const offering = new LiveOffering(at, answer.folder, async () => {
        if (!server.isLost) await server.ask({ type: 'withdraw', folder: answer.folder }).catch(() => {});
      });
      offerings.set(answer.folder, offering);
      try {
        for (const { name } of offer.files) offering.urlOf(name);
        const mac = offer.mac === undefined ? undefined : plainMac(offer.mac);
        offering.selfTestBytesPerSecond = await selfTest({
          ...offer,
          ...answer,
          at,
          mac,
          key,
          clock,
          signal,
        });
        return offering;
      } catch (cause) {
        await offering.withdraw();
        throwIfAborted(signal);
        if (isBenchError(cause)) throw cause;
        if (server.isLost) throw new BenchError('SERVER_LOST', { cause });
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new BenchError('SERVER_UNREACHABLE', { detail: { host, port: at.port, why }, cause });
      }
    },
    async close() {
      const server = await running?.catch(() => undefined);
      offerings.clear();
      await server?.leave();
    },
  };
}

class LiveOffering implements Offering {
  readonly at: Offering['at'];
  selfTestBytesPerSecond = 0;
  readonly #folder: string;
  readonly #withdraw: () => Promise<void>;
  readonly #told: FetchEvent[] = [];
  readonly #listeners = new Set<(event: FetchEvent) => void>();
  #withdrawn: Promise<void> | undefined;

  constructor(at: Offering['at'], folder: string, withdraw: () => Promise<void>) {
    this.at = at;
    this.#folder = folder;
    this.#withdraw = withdraw;
  }

  urlOf(file: string): string {
    const host = this.at.host.includes(':') ? `[${this.at.host}]` : this.at.host;
    const url = `http://${host}:${this.at.port}/${this.#folder}/${file}`;
    if (url.length <= MAX_URL_CHARACTERS) return url;
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `The name of the firmware file is too long for the address that a unit can keep: ${file}.`,
      advice: `Give the file a name that is ${url.length - MAX_URL_CHARACTERS} characters shorter, then retry.`,
    });
  }

  subscribe(listener: (event: FetchEvent) => void): () => void {
    for (const event of this.#told) listener(event);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  withdraw(): Promise<void> {
    return (this.#withdrawn ??= this.#withdraw());
  }

  /** The server is gone. */
  lost(reason: string): void {
    if (!this.#withdrawn) this.tell({ type: 'lost', reason });
  }

  tell(event: FetchEvent): void {
    const last = this.#told.at(-1);
    if (event.type === 'bytes' && last?.type === 'bytes' && last.file === event.file) this.#told.pop();
    this.#told.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function checkNames({ files }: Offer): void {
  const bad =
    files.find(({ name }) => !FILE_NAME.test(name))?.name ?? (files.length === 0 ? 'none' : undefined);
  if (bad === undefined) return;
  throw new BenchError('FIRMWARE_REFUSED', {
    message: `The firmware file has a name that cannot be part of an address: ${bad}.`,
    advice: 'Use letters, digits, dots, hyphens and underscores only; then retry.',
  });
}

async function addressTowards(host: string): Promise<string> {
  try {
    return await ownAddressTowards(host);
  } catch (cause) {
    throw new BenchError('SERVER_UNREACHABLE', {
      message: `This computer has no way to ${host}: the unit could not fetch anything from here.`,
      advice: 'Put this computer into the network of the unit, then retry.',
      cause,
    });
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly key: string;
}

/** Contents go over only when the server has them not yet. */
async function order(server: ServerProcess, offer: Offer, { host, port, key }: Place): Promise<OrderAnswer> {
  const { unit, style, mac, towards } = offer;
  const files = offer.files.map(({ name, sha256 }) => ({ name, sha256 }));
  const ask = (contents: OfferOrder['contents']) =>
    server.ask({
      type: 'offer',
      order: { unit, style, mac, towards, address: host, port, files, contents, selfTestKey: key },
    });
  const answer = await ask(new Map());
  if (answer.kind !== 'missing') return answer;
  return ask(new Map(offer.files.map(({ sha256, content }) => [sha256, content])));
}

function offered(
  answer: OrderAnswer,
  { host, port }: { readonly host: string; readonly port: number },
): Extract<OrderAnswer, { kind: 'offered' }> {
  switch (answer.kind) {
    case 'offered':
      return answer;
    case 'refused':
      throw new BenchError('FIRMWARE_REFUSED', { message: `The firmware was not served: ${answer.why}.` });
    case 'port-taken':
      throw new BenchError('SERVER_PORT_TAKEN', { detail: { host, port } });
    case 'failed':
      throw new BenchError('SERVER_FAILED', { detail: { why: answer.why } });
    case 'missing':
    case 'withdrawn':
      throw new BenchError('SERVER_FAILED', { detail: { why: `it answers ${answer.kind}` } });
  }
}
