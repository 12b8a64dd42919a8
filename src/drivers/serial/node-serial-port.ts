import { type Clock, systemClock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { AdapterChip } from './adapter.ts';
import { type BindingPort, type SerialBinding, systemBinding } from './binding.ts';
import { FdStream, isPolledFd } from './fd-stream.ts';
import { BITS_PER_BYTE, LinkState, reasonOf, writeLimitMs } from './link-state.ts';
import type { ControlLines, OpenOptions, SerialPort } from './port.ts';
import { checkDevice, type DeviceFiles, openingError, systemDeviceFiles } from './port-errors.ts';
import { portHolders } from './port-holders.ts';

/** Opening, changing the rate or the lines: the driver answers at once or hangs for good (Bluetooth ttys do). */
const ORDER_LIMIT_MS = 10_000;
/** Linux may hold close(2) back for bytes it cannot send; whoever closes does not wait for that. */
const CLOSE_LIMIT_MS = 2000;
/** How far a real rate may be off; a UART still reads what is 3 % off. */
const MAX_RATE_ERROR = 0.03;
const READ_BYTES = 64 * 1024;
/**
 * Largest transmit buffer of the common adapters whose Linux driver cannot be asked whether it is empty (PL2303 256,
 * CH340 less); those of CP210x and FTDI can, and draining waits for it. Other systems only promise that the bytes
 * left the driver: there the largest buffer of any counts (CP2102 640).
 */
const UNSENT_BYTES = { linux: 256, other: 640 };
/**
 * Longest rest by the bytes that may come meanwhile. Linux keeps 4 KiB for a reader of a tty, and stops an adapter that
 * has filled them (N_TTY); half of it is left for a process that wakes late. Of other systems nothing is known.
 */
const MAX_REST_BYTES = 2048;
/** A rest shorter than a timer can tell is none, ms. */
const MIN_REST_MS = 2;

export interface NodeSerialOptions extends OpenOptions {
  readonly clock?: Clock;
  /** Replaces the operating system's serial ports; `files` and `platform` then say what it is to look like. */
  readonly binding?: SerialBinding;
  readonly files?: DeviceFiles;
  readonly platform?: NodeJS.Platform;
  /** As the operator named it, where that is not the path. */
  readonly link?: string;
  readonly adapter?: AdapterChip;
}

/**
 * Opens a serial port of this computer, for this process alone. Drivers assert DTR and RTS while they
 * open; both at once is no reset, and they stay so until `setLines`.
 */
export async function openNodeSerialPort(path: string, options: NodeSerialOptions): Promise<SerialPort> {
  const platform = options.platform ?? process.platform;
  const clock = options.clock ?? systemClock;
  options.signal?.throwIfAborted();
  if (platform !== 'win32' && (options.binding == null || options.files != null))
    await checkDevice(path, options.files ?? systemDeviceFiles);
  const binding = options.binding ?? (await systemBinding());
  const opening = binding.open({ path, baudRate: options.baudRate, lock: true, hupcl: true });
  let port: BindingPort;
  try {
    port = await orGiveUp(opening, clock, options.signal);
  } catch (cause) {
    opening.then((late) => late.close()).catch(() => undefined);
    if (options.signal?.aborted) throw options.signal.reason;
    const error = openingError(path, cause, platform);
    if (error.code !== 'PORT_BUSY') throw error;
    throw openingError(path, cause, platform, await portHolders(path));
  }
  const hasControlLines = await movesLines(port);
  const { baudRate, link = path, adapter } = options;
  const unsentBytes = platform === 'linux' ? UNSENT_BYTES.linux : UNSENT_BYTES.other;
  const buffersInput = platform === 'linux';
  const facts = { link, clock, baudRate, hasControlLines, buffersInput, unsentBytes, adapter };
  const opened = new NodeSerialPort(port, facts);
  try {
    await opened.expectRate(baudRate);
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened;
}

/**
 * Whether the port has lines that can be moved, found out without moving them: asking a pty fails with ENOTTY, and
 * a driver that refuses the order (its break flag, for some) does so for the state that opening made as well.
 */
async function movesLines(port: BindingPort): Promise<boolean> {
  try {
    await port.get();
    await port.set(lineFlags({ dtr: true, rts: true }));
    return true;
  } catch {
    return false;
  }
}

/** Every flag is set by each call, and what is left out counts as asserted. */
const lineFlags = ({ dtr, rts }: ControlLines) => ({
  brk: false,
  cts: false,
  dsr: false,
  dtr,
  rts,
  lowLatency: true,
});

async function orGiveUp<T>(opening: Promise<T>, clock: Clock, signal: AbortSignal | undefined): Promise<T> {
  let giveUp: (error: Error) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
  const cancelLimit = clock.after(ORDER_LIMIT_MS, () => giveUp(new Error('its driver does not answer')));
  const onAbort = () => giveUp(signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([opening, givenUp]);
  } finally {
    cancelLimit();
    signal?.removeEventListener('abort', onAbort);
  }
}

interface PortFacts {
  readonly link: string;
  readonly clock: Clock;
  readonly baudRate: number;
  readonly hasControlLines: boolean;
  /** The system keeps what comes while nobody reads, up to a known size. */
  readonly buffersInput: boolean;
  readonly unsentBytes: number;
  readonly adapter: AdapterChip | undefined;
}

/** Writes that were queued behind one another: only the last of them drains. */
class WriteRun {
  readonly drained: Promise<void>;
  /** Of all its writes, for the limit of the one that drains. */
  bytes = 0;
  left = 0;
  settle: (error?: Error) => void = () => undefined;

  constructor() {
    this.drained = new Promise((resolve, reject) => {
      this.settle = (error) => (error == null ? resolve() : reject(error));
    });
    // Each of its writes rejects with it; that nobody else waits is no news.
    this.drained.catch(() => undefined);
  }
}

class NodeSerialPort implements SerialPort {
  readonly link: string;
  readonly hasBaudRate = true;
  readonly unsentBytes: number;
  readonly adapter?: AdapterChip;
  readonly #port: BindingPort;
  readonly #clock: Clock;
  readonly #state: LinkState;
  readonly #stream: FdStream | undefined;
  readonly #buffersInput: boolean;
  #hasControlLines: boolean;
  #baudRate: number;
  #run: WriteRun | undefined;

  constructor(port: BindingPort, facts: PortFacts) {
    this.#port = port;
    this.#buffersInput = facts.buffersInput;
    this.#clock = facts.clock;
    this.link = facts.link;
    this.unsentBytes = facts.unsentBytes;
    if (facts.adapter) this.adapter = facts.adapter;
    this.#hasControlLines = facts.hasControlLines;
    this.#baudRate = facts.baudRate;
    this.#state = new LinkState(facts.link, facts.clock);
    if (isPolledFd(port)) {
      this.#stream = new FdStream(
        port,
        facts.clock,
        (bytes) => this.#state.deliver(bytes),
        (error) => this.#lose(error),
      );
    } else {
      void this.#readLoop();
    }
  }

  get hasControlLines(): boolean {
    return this.#hasControlLines;
  }
  get baudRate(): number {
    return this.#baudRate;
  }
  get lostBecause(): Error | undefined {
    return this.#state.lostBecause;
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    return this.#state.onData(listener);
  }
  onLost(listener: (error: Error) => void): () => void {
    return this.#state.onLost(listener);
  }

  rest(ms: number): void {
    const longestMs = (MAX_REST_BYTES * BITS_PER_BYTE * 1000) / this.#baudRate;
    if (this.#buffersInput && ms >= MIN_REST_MS) this.#stream?.rest(Math.floor(Math.min(ms, longestMs)));
  }

  write(bytes: Uint8Array): Promise<void> {
    const run = (this.#run ??= new WriteRun());
    run.left++;
    run.bytes += bytes.length;
    this.#inTurn(() => this.#writeOne(run, bytes), run).catch((error: unknown) => {
      if (this.#run === run) this.#run = undefined;
      run.settle(error as Error);
    });
    return run.drained;
  }

  /** An adapter that stands still between two drained writes leaves a gap on the wire where none may be. */
  async #writeOne(run: WriteRun, bytes: Uint8Array): Promise<void> {
    await this.#order(
      writeLimitMs(run.bytes, this.#baudRate),
      () => new BenchError('WRITE_TIMEOUT', { detail: { link: this.link, bytes: bytes.length } }),
      async (signalOf) => {
        const signal = signalOf();
        if (this.#stream) await this.#stream.write(bytes, signal);
        else if (bytes.length > 0) await this.#port.write(Buffer.from(bytes));
        run.left--;
        if (run.left > 0 || signal.aborted) return;
        if (this.#run === run) this.#run = undefined;
        await this.#port.drain();
      },
    );
    if (run.left === 0) run.settle();
  }

  /** Whatever is queued that is no write of `run` ends the run under way. */
  #inTurn(work: () => Promise<void>, run?: WriteRun): Promise<void> {
    this.#run = run;
    return this.#state.inTurn(work);
  }

  setBaudRate(baudRate: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#order(ORDER_LIMIT_MS, this.#silent, () =>
        this.#port.update({ baudRate }).catch((cause: unknown) => {
          if (isGone(cause)) throw cause;
          throw new BenchError('BAUD_REFUSED', {
            message: `${this.link} does not take ${baudRate} baud.`,
            detail: { link: this.link, baudRate },
            cause,
          });
        }),
      );
      const before = this.#baudRate;
      this.#baudRate = baudRate;
      try {
        await this.expectRate(baudRate);
      } catch (error) {
        this.#baudRate = before;
        await this.#port.update({ baudRate: before }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** A driver that cannot make a rate keeps another one and says nothing: it is asked which one it has now. */
  async expectRate(baudRate: number): Promise<void> {
    // Only Linux can tell.
    const real = await this.#port.getBaudRate().catch(() => undefined);
    if (real == null || Math.abs(real.baudRate - baudRate) <= baudRate * MAX_RATE_ERROR) return;
    throw new BenchError('BAUD_REFUSED', {
      message: `${this.link} does not take ${baudRate} baud: it stays at ${real.baudRate}.`,
      detail: { link: this.link, baudRate, real: real.baudRate },
    });
  }

  async setLines({ dtr, rts }: ControlLines): Promise<void> {
    if (this.#state.gone) throw this.#state.goneError();
    const noLines = (cause?: unknown) =>
      new BenchError('NO_CONTROL_LINES', { detail: { link: this.link }, cause });
    if (!this.#hasControlLines) throw noLines();
    await this.#order(ORDER_LIMIT_MS, this.#silent, () =>
      this.#port.set(lineFlags({ dtr, rts })).catch((cause: unknown) => {
        if (isGone(cause)) throw cause;
        this.#hasControlLines = false;
        throw noLines(cause);
      }),
    );
  }

  flushInput(): Promise<void> {
    return this.#inTurn(async () => {
      this.#state.dropUnheard();
      await this.#order(ORDER_LIMIT_MS, this.#silent, () => this.#port.flush());
    });
  }

  async close(): Promise<void> {
    if (this.#state.close()) await this.#release();
  }

  readonly #silent = (): BenchError => {
    this.#lose(new Error('its driver does not answer'));
    return this.#state.goneError();
  };

  /** Runs an order to the driver; what fails because the adapter is gone counts as its loss. */
  #order(
    limitMs: number,
    late: () => Error,
    work: (signal: () => AbortSignal) => Promise<void>,
  ): Promise<void> {
    return this.#state.within(limitMs, late, async (signal) => {
      try {
        await work(signal);
      } catch (error) {
        if (error instanceof BenchError) throw error;
        this.#lose(error);
        throw this.#state.goneError();
      }
    });
  }

  async #readLoop(): Promise<void> {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    while (!this.#state.gone) {
      try {
        const { bytesRead } = await this.#port.read(buffer, 0, READ_BYTES);
        if (bytesRead === 0) throw new Error('a read gave no bytes');
        // A copy, and no Buffer: its slice() would share memory with it.
        this.#state.deliver(new Uint8Array(buffer.subarray(0, bytesRead)));
      } catch (error) {
        this.#lose(error);
      }
    }
  }

  #lose(error: unknown): void {
    if (this.#state.gone) return;
    this.#state.lose(
      new BenchError('LINK_LOST', {
        message: `The link to ${this.link} was lost: its adapter was unplugged, or its cable or hub failed.`,
        detail: { link: this.link, cause: reasonOf(error) },
        cause: error,
      }),
    );
    void this.#release();
  }

  #released = false;
  async #release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#stream?.stop();
    let cancelLimit: () => void = () => undefined;
    const limit = new Promise<void>((resolve) => (cancelLimit = this.#clock.after(CLOSE_LIMIT_MS, resolve)));
    await Promise.race([this.#port.close().catch(() => undefined), limit]);
    cancelLimit();
  }
}

/** Whether a driver's error means that the adapter is no longer there. */
const isGone = (cause: unknown): boolean =>
  /input\/output error|no such device|bad file descriptor|not open|broken pipe|EIO|ENXIO|ENODEV|EBADF/i.test(
    cause instanceof Error ? `${reasonOf(cause)} ${cause.message}` : String(cause),
  );
