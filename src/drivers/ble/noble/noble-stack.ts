import type { Clock } from '../../../core/clock.ts';
import type { BenchError } from '../../../core/errors.ts';
import { bluetoothProblem } from '../problems.ts';
import { type BleStack, OpenFailed, type StackEvents, type StackLink } from '../stack.ts';
import { advertisementOf, peerAddress } from './advertisement.ts';
import { NobleLink } from './noble-link.ts';
import type { Noble, NoblePeripheral, NobleState } from './noble-types.ts';
import { forgetAttempts, forgetPeer } from './repairs.ts';
import { within } from './within.ts';

/** How long noble is given to start or stop a scan, ms. */
const SCAN_LIMIT_MS = 3000;
/** How long the adapter is given to give an attempt up, ms. */
const CANCEL_LIMIT_MS = 2000;

/**
 * Parameters of a connection (Linux; elsewhere the system chooses), in the units of HCI: an interval of 7.5 to 22.5 ms
 * is noble's own; noble gives a link up after 420 ms of silence, which is less than flash takes to erase in a peer
 * that answers nothing meanwhile, so 2 s.
 */
const CONNECTION = { minInterval: 6, maxInterval: 18, latency: 0, timeout: 200 };

/** What HCI says of an adapter that holds as many links as it can: Core, Vol 1, Part F, 1.3. */
const FULL = /\(0x(9|d)\)/;

export interface NobleStackOptions {
  readonly clock: Clock;
  readonly name?: string;
  readonly maxConnections: number;
}

/** @abandonware/noble as a stack. Its adapter must be on: see `open-noble.ts`. */
export class NobleStack implements BleStack {
  readonly maxConnections: number;
  readonly pausesScanToConnect = true;
  readonly #noble: Noble;
  readonly #clock: Clock;
  readonly #name: string | undefined;
  readonly #peers = new Map<string, NoblePeripheral>();
  readonly #links = new Set<NobleLink>();
  readonly #undo: (() => void)[] = [];
  #events: StackEvents | undefined;
  #offBecause: BenchError | undefined;
  #isStopping = false;

  constructor(noble: Noble, { clock, name, maxConnections }: NobleStackOptions) {
    this.#noble = noble;
    this.#clock = clock;
    this.#name = name;
    this.maxConnections = maxConnections;
    this.#on('discover', (peripheral: NoblePeripheral) => {
      const advertisement = advertisementOf(peripheral, clock.monotonicMs());
      this.#peers.set(advertisement.address, peripheral);
      this.#events?.heard(advertisement);
    });
    this.#on('scanStop', () => {
      if (!this.#isStopping) this.#events?.scanStopped();
    });
    this.#on('stateChange', (state: NobleState) => this.#stateChanged(state));
  }

  get name(): string {
    return this.#name ?? `Bluetooth adapter ${this.#noble.address}`;
  }

  get offBecause(): BenchError | undefined {
    return this.#offBecause;
  }

  tell(events: StackEvents): void {
    this.#events = events;
  }

  async startScan(): Promise<void> {
    await this.#when('scanStart', () => this.#noble.startScanning([], true));
  }

  async stopScan(): Promise<void> {
    this.#isStopping = true;
    try {
      await this.#when('scanStop', () => this.#noble.stopScanning());
    } finally {
      this.#isStopping = false;
    }
  }

  async open(address: string, signal: AbortSignal): Promise<StackLink> {
    const peripheral = this.#peers.get(address);
    if (!peripheral) throw new OpenFailed('It was not heard since its last connection.');
    if (peripheral.state === 'connected') await this.#drop(peripheral);
    // Of the connection before: noble sets it only when the peer agrees to one.
    peripheral.mtu = null;
    await this.#connect(peripheral, signal);
    const link = new NobleLink(peripheral, this.#clock, () => {
      this.#links.delete(link);
      this.#forget(peripheral);
    });
    this.#links.add(link);
    return link;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links].map((link) => link.close()));
    for (const undo of this.#undo.splice(0)) undo();
  }

  #on<Words extends unknown[]>(event: string, listener: (...words: Words) => void): void {
    this.#noble.on(event, listener);
    this.#undo.push(() => this.#noble.removeListener(event, listener));
  }

  #forget(peripheral: NoblePeripheral): void {
    forgetPeer(this.#noble, peripheral);
    const { address } = peerAddress(peripheral);
    if (this.#peers.get(address) === peripheral) this.#peers.delete(address);
  }

  #stateChanged(state: NobleState): void {
    const wasOff = this.#offBecause !== undefined;
    this.#offBecause = state === 'poweredOn' ? undefined : bluetoothProblem(problemOf(state));
    if (this.#offBecause) {
      forgetAttempts(this.#noble);
      for (const link of [...this.#links]) link.adapterGone();
    }
    if (wasOff || this.#offBecause) this.#events?.offChanged();
  }

  #connect(peripheral: NoblePeripheral, signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const onConnect = (error?: Error | string | null) => {
        signal.removeEventListener('abort', onAbort);
        if (error == null) return resolve();
        const message = error instanceof Error ? error.message : error;
        reject(new OpenFailed(message, { adapterIsFull: FULL.test(message) }));
      };
      const onAbort = () => {
        peripheral.removeListener('connect', onConnect);
        void this.#callOff(peripheral).then(() => reject(signal.reason as Error));
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      peripheral.once('connect', onConnect);
      peripheral.connect(CONNECTION);
    });
  }

  /** Takes back an attempt; one that succeeds in the same moment is undone. */
  async #callOff(peripheral: NoblePeripheral): Promise<void> {
    if (typeof this.#noble._bindings.cancelConnect !== 'function') {
      // CoreBluetooth and WinRT give a pending attempt up when they are told to disconnect.
      await within(this.#clock, CANCEL_LIMIT_MS, peripheral, 'disconnect', () => peripheral.disconnect());
      return;
    }
    // Noble says at once that the attempt was cancelled; the adapter's own word comes later, and counts.
    peripheral.cancelConnect();
    await within(this.#clock, CANCEL_LIMIT_MS, peripheral, 'connect');
    if (peripheral.state === 'connected') await this.#drop(peripheral);
  }

  /** Ends a connection that nobody here holds. */
  async #drop(peripheral: NoblePeripheral): Promise<void> {
    await within(this.#clock, CANCEL_LIMIT_MS, peripheral, 'disconnect', () => peripheral.disconnect());
  }

  /** Sets something off and waits for noble's word of it; what does not come in time counts as done. */
  async #when(event: string, setOff: () => void): Promise<void> {
    await within(this.#clock, SCAN_LIMIT_MS, this.#noble, event, setOff);
  }
}

const problemOf = (state: NobleState) => {
  if (state === 'unauthorized') return 'no-permission';
  return state === 'unsupported' ? 'no-low-energy' : 'off';
};
