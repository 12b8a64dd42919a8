import { BenchError } from '../../src/core/errors.ts';
import type { ControlLines, SerialPort } from '../../src/drivers/serial/port.ts';

export interface ScriptedPortOptions {
  readonly hasControlLines?: boolean;
  readonly hasBaudRate?: boolean;
  readonly baudRate?: number;
  readonly link?: string;
}

/**
 * A serial port played by the test: it records what the host does and delivers what the test says. `onWrite` gets
 * every write of the host; what it delivers arrives after the write has been taken, never inside it.
 */
export class ScriptedPort implements SerialPort {
  readonly link: string;
  readonly hasControlLines: boolean;
  readonly hasBaudRate: boolean;
  unsentBytes = 0;
  readonly written: Uint8Array[] = [];
  readonly lines: ControlLines[] = [];
  readonly bauds: number[] = [];
  baudRate: number;
  lostBecause: Error | undefined;
  flushes = 0;
  /** What the host asked to be left alone for, ms. */
  readonly rests: number[] = [];
  onWrite: (bytes: Uint8Array) => void = () => {};
  onLines: (lines: ControlLines) => void = () => {};
  /** Rates the port refuses with BAUD_REFUSED. */
  readonly refusedBauds = new Set<number>();
  readonly #dataListeners = new Set<(bytes: Uint8Array) => void>();
  readonly #lostListeners = new Set<(error: Error) => void>();

  constructor(options: ScriptedPortOptions = {}) {
    this.link = options.link ?? 'scripted';
    this.hasControlLines = options.hasControlLines ?? true;
    this.hasBaudRate = options.hasBaudRate ?? true;
    this.baudRate = options.baudRate ?? 115_200;
  }

  get listeners(): number {
    return this.#dataListeners.size + this.#lostListeners.size;
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#dataListeners.add(listener);
    return () => void this.#dataListeners.delete(listener);
  }

  onLost(listener: (error: Error) => void): () => void {
    if (this.lostBecause != null) listener(this.lostBecause);
    this.#lostListeners.add(listener);
    return () => void this.#lostListeners.delete(listener);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.lostBecause != null) return Promise.reject(this.lostBecause);
    const copy = bytes.slice();
    this.written.push(copy);
    queueMicrotask(() => this.onWrite(copy));
    return Promise.resolve();
  }

  setBaudRate(baudRate: number): Promise<void> {
    if (this.refusedBauds.has(baudRate)) return Promise.reject(new BenchError('BAUD_REFUSED'));
    if (this.hasBaudRate) {
      this.baudRate = baudRate;
      this.bauds.push(baudRate);
    }
    return Promise.resolve();
  }

  setLines(lines: ControlLines): Promise<void> {
    if (!this.hasControlLines) return Promise.reject(new BenchError('NO_CONTROL_LINES'));
    this.lines.push(lines);
    this.onLines(lines);
    return Promise.resolve();
  }

  rest(ms: number): void {
    this.rests.push(ms);
  }

  flushInput(): Promise<void> {
    this.flushes++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#dataListeners.clear();
    this.#lostListeners.clear();
    return Promise.resolve();
  }

  /** Bytes come in; nothing when there are none. */
  deliver(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    for (const listener of [...this.#dataListeners]) listener(bytes);
  }

  /** Bytes come in later in this turn of the event loop, after what runs now. */
  deliverSoon(bytes: Uint8Array): void {
    queueMicrotask(() => this.deliver(bytes));
  }

  lose(error: Error = new BenchError('LINK_LOST')): void {
    this.lostBecause = error;
    for (const listener of [...this.#lostListeners]) listener(error);
  }
}
