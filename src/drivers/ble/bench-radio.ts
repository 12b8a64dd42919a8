import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { connectFailed } from './connect-failed.ts';
import { OpenConnection } from './connection.ts';
import { Limit } from './limit.ts';
import { Places } from './places.ts';
import type { Advertisement, BleRadio, ConnectOptions, GattCharacteristic, GattConnection } from './radio.ts';
import { SharedScan } from './shared-scan.ts';
import { type BleStack, OpenFailed, type StackLink } from './stack.ts';

/** How long one attempt may take when its caller does not say, ms: a dozen advertisements of a stock thermometer. */
const CONNECT_LIMIT_MS = 30_000;
/**
 * How long the adapter is given to one peer, ms. It sets up one connection at a time, so a peer that is gone must not
 * keep it from the others; peers advertise every 2.1 s at the slowest.
 */
const OPEN_LIMIT_MS = 8_000;
/** Discovery takes a few seconds over a slow link; ms. */
const DISCOVER_LIMIT_MS = 20_000;
/** A connection that does not come about at the first try often does at the next (HCI status 0x3E). */
const TRIES = 3;
const RETRY_PAUSE_MS = 500;
/** How long is listened between two attempts when somebody waits to hear a peer, ms: the slowest interval. */
const LISTEN_MS = 2200;
/** Peers whose last words are kept: phones change their address every few minutes. */
const REMEMBERED_PEERS = 1000;

/** The bench's radio over one Bluetooth stack. */
export class BenchRadio implements BleRadio {
  readonly #stack: BleStack;
  readonly #clock: Clock;
  readonly #scan: SharedScan;
  readonly #places: Places;
  /** An adapter sets up one connection at a time. */
  readonly #adapter = new Places(1);
  readonly #listeners = new Set<(heard: Advertisement) => void>();
  readonly #offListeners = new Set<() => void>();
  readonly #lastHeard = new Map<string, Advertisement>();
  /** Heard since their last connection ended: these a stack can connect to. */
  readonly #inReach = new Set<string>();
  readonly #connections = new Set<OpenConnection>();
  /** Attempts that wait to hear their peer. */
  readonly #unheard = new Set<{ readonly address: string }>();
  #onAllHeard: () => void = () => {};

  constructor(stack: BleStack, clock: Clock) {
    this.#stack = stack;
    this.#clock = clock;
    this.#scan = new SharedScan(stack, clock);
    this.#places = new Places(stack.maxConnections);
    stack.tell({
      heard: (advertisement) => this.#heard(advertisement),
      scanStopped: () => this.#scan.stopped(),
      offChanged: () => {
        this.#scan.offChanged();
        for (const listener of [...this.#offListeners]) listener();
      },
    });
  }

  get name(): string {
    return this.#stack.name;
  }

  get maxConnections(): number {
    return this.#places.count;
  }

  get offBecause(): BenchError | undefined {
    return this.#stack.offBecause;
  }

  onOffChange(listener: () => void): () => void {
    this.#offListeners.add(listener);
    return () => this.#offListeners.delete(listener);
  }

  listen(listener: (heard: Advertisement) => void): () => void {
    const own = (heard: Advertisement) => listener(heard);
    this.#listeners.add(own);
    const enough = this.#scan.want();
    return () => {
      this.#listeners.delete(own);
      enough();
    };
  }

  async connect(address: string, options: ConnectOptions): Promise<GattConnection> {
    const { signal, log = () => {} } = options;
    for (;;) {
      signal.throwIfAborted();
      if (this.offBecause) throw this.offBecause;
      const release = await this.#places.take(
        signal,
        () => log('info', `Waits for one of ${this.#places.count} Bluetooth connections.`),
        { first: options.soon === true },
      );
      try {
        return await this.#attempt(address, options, release);
      } catch (error) {
        const others = this.#places.taken - 1;
        release();
        if (!(error instanceof OpenFailed && error.adapterIsFull && others > 0)) throw error;
        this.#places.shrinkTo(others);
        log('warn', `The Bluetooth adapter holds no more than ${others} connections.`);
      }
    }
  }

  /** Ends the scan and all connections. Idempotent, never throws. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.disconnect()));
    await this.#scan.close();
    await this.#stack.close();
  }

  #heard(advertisement: Advertisement): void {
    const { address } = advertisement;
    this.#lastHeard.delete(address);
    this.#lastHeard.set(address, advertisement);
    this.#inReach.add(address);
    if (this.#lastHeard.size > REMEMBERED_PEERS) {
      const [oldest = ''] = this.#lastHeard.keys();
      this.#lastHeard.delete(oldest);
      this.#inReach.delete(oldest);
    }
    for (const listener of [...this.#listeners]) listener(advertisement);
  }

  /** One attempt, within its limit. Throws `OpenFailed` only when the adapter is full. */
  async #attempt(
    address: string,
    { signal, limitMs = CONNECT_LIMIT_MS, log = () => {} }: ConnectOptions,
    release: () => void,
  ): Promise<GattConnection> {
    const attempt = new AbortController();
    const startedMs = this.#clock.monotonicMs();
    const limit = new Limit(this.#clock, limitMs, () => attempt.abort(failed()));
    const failed = (why?: string) => {
      const heard = this.#lastHeard.get(address);
      return connectFailed({ address, heard, nowMs: this.#clock.monotonicMs(), startedMs, why });
    };
    const onAbort = () => attempt.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const leaveOff = this.onOffChange(() => this.offBecause && attempt.abort(this.offBecause));
    log('info', `Connects to ${address} by Bluetooth.`);
    try {
      for (let tries = 1; ; tries++) {
        await this.#whenHeard(address, attempt.signal);
        try {
          return await this.#openAndDiscover(address, { signal: attempt.signal, release, limit });
        } catch (error) {
          attempt.signal.throwIfAborted();
          if (!(error instanceof OpenFailed) || (error.adapterIsFull && this.#places.taken > 1)) throw error;
          log('info', `Try ${tries} of ${TRIES} to connect to ${address} failed: ${error.message}`);
          if (tries === TRIES) throw failed(error.message);
          // The others get their turn to be heard and connected to before this one is heard again.
          this.#inReach.delete(address);
          await this.#clock.sleep(RETRY_PAUSE_MS, attempt.signal);
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      leaveOff();
      limit.end();
    }
  }

  async #whenHeard(address: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#inReach.has(address)) return;
    const wait = { address };
    this.#unheard.add(wait);
    await new Promise<void>((resolve, reject) => {
      const settle = (settled: () => void) => {
        leave();
        this.#unheard.delete(wait);
        if (this.#unheard.size === 0) this.#onAllHeard();
        signal.removeEventListener('abort', onAbort);
        settled();
      };
      const onAbort = () => settle(() => reject(signal.reason as Error));
      const leave = this.listen((heard) => heard.address === address && settle(resolve));
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #openAndDiscover(
    address: string,
    {
      signal,
      release,
      limit,
    }: { readonly signal: AbortSignal; readonly release: () => void; readonly limit: Limit },
  ): Promise<GattConnection> {
    const link = await this.#open(address, signal, limit);
    let connection: OpenConnection | undefined;
    let lostEarly: string | undefined;
    let onLostEarly: (reason: string) => void = () => {};
    link.tell({
      notified: (ref, bytes) => connection?.notified(ref, bytes),
      lost: (reason) => {
        this.#inReach.delete(address);
        lostEarly = reason;
        onLostEarly(reason);
        connection?.lost(reason);
      },
    });
    try {
      const characteristics = await new Promise<readonly GattCharacteristic[]>((resolve, reject) => {
        const settle = <V>(settled: (value: V) => void) => {
          return (value: V) => {
            cancelLimit();
            signal.removeEventListener('abort', onAbort);
            settled(value);
          };
        };
        const fail = settle<Error>(reject);
        const onAbort = () => fail(signal.reason as Error);
        const cancelLimit = this.#clock.after(DISCOVER_LIMIT_MS, () => fail(noDiscovery(address)));
        signal.addEventListener('abort', onAbort, { once: true });
        onLostEarly = (reason) => fail(new OpenFailed(reason));
        if (lostEarly !== undefined) return onLostEarly(lostEarly);
        if (signal.aborted) return onAbort();
        link.discover().then(settle(resolve), fail);
      });
      const opened = new OpenConnection(link, {
        address,
        characteristics,
        clock: this.#clock,
        ended: () => {
          this.#inReach.delete(address);
          this.#connections.delete(opened);
          release();
        },
      });
      connection = opened;
      this.#connections.add(opened);
      return opened;
    } catch (error) {
      await link.close();
      this.#inReach.delete(address);
      throw error;
    }
  }

  /** Has the adapter to itself, for a limited time. */
  async #open(address: string, signal: AbortSignal, limit: Limit): Promise<StackLink> {
    limit.pause();
    const leave = await this.#adapter.take(signal);
    limit.goOn();
    const turn = new AbortController();
    const onAbort = () => turn.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let cancelLimit = () => {};
    try {
      const open = () => {
        turn.signal.throwIfAborted();
        cancelLimit = this.#clock.after(OPEN_LIMIT_MS, () =>
          turn.abort(new OpenFailed(`No answer in ${OPEN_LIMIT_MS / 1000} s.`)),
        );
        return this.#stack.open(address, turn.signal);
      };
      return await (this.#stack.pausesScanToConnect ? this.#scan.paused(open) : open());
    } finally {
      cancelLimit();
      signal.removeEventListener('abort', onAbort);
      void this.#listenAWhile().then(leave);
    }
  }

  /** Attempts in a row, each without a scan, would leave those unheard who are not in reach yet. */
  async #listenAWhile(): Promise<void> {
    if (!this.#stack.pausesScanToConnect || this.#unheard.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(LISTEN_MS, resolve);
      this.#onAllHeard = () => {
        cancel();
        resolve();
      };
    });
    this.#onAllHeard = () => {};
  }
}

const noDiscovery = (address: string) =>
  new BenchError('BLE_NO_ANSWER', {
    message: `${address} took the Bluetooth connection and does not say what it has.`,
    detail: { limitMs: DISCOVER_LIMIT_MS },
  });
