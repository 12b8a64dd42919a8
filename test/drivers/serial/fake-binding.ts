import type { BindingPort, BindingPortInfo, SerialBinding } from '../../../src/drivers/serial/binding.ts';
import { collector, type Peer } from './contract.ts';

/** How a fake adapter misbehaves. */
export interface FakeBindingOptions {
  readonly openError?: Error;
  /** Opening never ends. */
  readonly opensNever?: boolean;
  readonly hasLines?: boolean;
  /** Fails the order to move the lines, but for the state that opening made. */
  readonly setError?: Error;
  readonly updateError?: Error;
  /** The rate the driver really takes. */
  readonly realRate?: (asked: number) => number;
  readonly ports?: readonly BindingPortInfo[];
}

const canceled = () => Object.assign(new Error('Port is not open'), { canceled: true });

/** node-serialport's ports without an operating system: one wire, whose other end the test holds. */
export class FakeBinding implements SerialBinding, BindingPort {
  readonly peer: Peer & { sendNothing(): void };
  readonly orders: string[] = [];
  openCount = 0;
  closeCount = 0;
  baudRate = 0;
  lines = { dtr: true, rts: true };
  readonly #options: FakeBindingOptions;
  readonly #toHost: Uint8Array[] = [];
  readonly #fromHost: ((bytes: Uint8Array) => void)[] = [];
  #reader: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #stalled: ((error: Error) => void)[] | undefined;
  #gone: Error | undefined;

  constructor(options: FakeBindingOptions = {}) {
    this.#options = options;
    const received = collector((add) => this.#fromHost.push(add));
    const toHost = (bytes: Uint8Array) => {
      this.#toHost.push(bytes);
      this.#reader?.resolve();
    };
    this.peer = {
      send: toHost,
      sendNothing: () => toHost(new Uint8Array()),
      received: (count) => received.atLeast(count),
      stall: () => void (this.#stalled = []),
      cut: () => this.#end(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })),
      lines: () => this.lines,
      baudRate: () => this.baudRate,
    };
  }

  async list() {
    return this.#options.ports ?? [];
  }

  async open(options: { path: string; baudRate: number }): Promise<BindingPort> {
    this.openCount++;
    if (this.#options.openError) throw this.#options.openError;
    if (this.#options.opensNever) await new Promise<never>(() => undefined);
    await this.update(options).catch(() => undefined);
    return this;
  }

  async close() {
    this.closeCount++;
    this.#end(canceled());
  }

  async read(buffer: Buffer, offset: number, length: number) {
    if (this.#toHost.length === 0) {
      if (this.#gone) throw this.#gone;
      await new Promise<void>((resolve, reject) => (this.#reader = { resolve, reject }));
    }
    const bytes = this.#toHost.shift() ?? new Uint8Array();
    if (bytes.length > length) this.#toHost.unshift(bytes.subarray(length));
    buffer.set(bytes.subarray(0, length), offset);
    return { bytesRead: Math.min(bytes.length, length) };
  }

  async write(bytes: Buffer) {
    if (this.#gone) throw this.#gone;
    this.orders.push(`write ${bytes.length}`);
    if (this.#stalled) await new Promise<never>((_, reject) => this.#stalled?.push(reject));
    for (const add of this.#fromHost) add(bytes);
  }

  async drain() {
    this.orders.push('drain');
  }
  async flush() {
    this.orders.push('flush');
  }

  async update({ baudRate }: { baudRate: number }) {
    this.orders.push(`rate ${baudRate}`);
    if (this.#options.updateError && this.baudRate !== 0) throw this.#options.updateError;
    this.baudRate = this.#options.realRate?.(baudRate) ?? baudRate;
  }
  async getBaudRate() {
    return { baudRate: this.baudRate };
  }

  async get() {
    if (this.#options.hasLines === false)
      throw new Error('Error: Inappropriate ioctl for device, cannot get');
    return {};
  }
  async set({ dtr, rts }: { dtr: boolean; rts: boolean }) {
    if (this.#options.setError && !(dtr && rts)) throw this.#options.setError;
    this.orders.push(`dtr ${dtr} rts ${rts}`);
    this.lines = { dtr, rts };
  }

  #end(error: Error): void {
    this.#gone ??= error;
    this.#reader?.reject(error);
    for (const reject of this.#stalled ?? []) reject(error);
  }
}
