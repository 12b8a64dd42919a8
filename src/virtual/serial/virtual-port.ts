import { BenchError } from '../../core/errors.ts';
import type { OperatorAct } from '../../core/operator-act.ts';
import type { ControlLines } from '../../drivers/serial/port.ts';
import type { PracticePort } from '../practice-bench.ts';
import type { Slot } from './slot.ts';

/** Bytes kept for a host that does not listen yet, as a driver's receive buffer would. */
const RECEIVE_BUFFER_BYTES = 65_536;

/** A serial port whose far end is a slot of the practice bench. */
export class VirtualPort implements PracticePort {
  readonly link: string;
  readonly hasBaudRate = true;
  readonly unsentBytes = 0;
  lostBecause: Error | undefined;
  private readonly slot: Slot;
  /** Lets go of the place at the bench. */
  private readonly release: () => void;
  private readonly dataListeners = new Set<(bytes: Uint8Array) => void>();
  private readonly lostListeners = new Set<(error: Error) => void>();
  private unheard: Uint8Array[] = [];
  private unheardBytes = 0;
  private closed = false;
  private rate: number;

  constructor(link: string, baudRate: number, slot: Slot, release: () => void) {
    this.link = link;
    this.rate = baudRate;
    this.slot = slot;
    this.release = release;
  }

  get hasControlLines(): boolean {
    return this.slot.unit.hasControlLines;
  }

  get baudRate(): number {
    return this.rate;
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.dataListeners.add(listener);
    const kept = this.unheard;
    this.unheard = [];
    this.unheardBytes = 0;
    for (const bytes of kept) listener(bytes);
    return () => this.dataListeners.delete(listener);
  }

  onLost(listener: (error: Error) => void): () => void {
    if (this.lostBecause) listener(this.lostBecause);
    else this.lostListeners.add(listener);
    return () => this.lostListeners.delete(listener);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.assertOpen();
    await this.slot.wire.write(bytes);
    this.assertOpen();
  }

  setBaudRate(baudRate: number): Promise<void> {
    return this.attempt(() => {
      this.rate = baudRate;
      this.slot.wire.hostBaud = baudRate;
    });
  }

  setLines(lines: ControlLines): Promise<void> {
    return this.attempt(() => {
      if (!this.hasControlLines) throw new BenchError('NO_CONTROL_LINES');
      this.slot.setLines(lines);
    });
  }

  flushInput(): Promise<void> {
    return this.attempt(() => {
      this.unheard = [];
      this.unheardBytes = 0;
      this.slot.wire.flushInput();
    });
  }

  perform(act: OperatorAct): Promise<void> {
    return this.attempt(() => this.slot.perform(act));
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.release();
    }
    return Promise.resolve();
  }

  /** Bytes from the unit. */
  heard(bytes: Uint8Array): void {
    if (this.closed || this.lostBecause) return;
    const [first, ...others] = this.dataListeners;
    if (first == null) {
      this.unheardBytes += bytes.length;
      if (this.unheardBytes <= RECEIVE_BUFFER_BYTES) this.unheard.push(bytes);
      return;
    }
    for (const listener of others) listener(bytes.slice());
    first(bytes);
  }

  /** The adapter was pulled out. */
  lose(): void {
    if (this.closed || this.lostBecause) return;
    const error = new BenchError('LINK_LOST');
    this.lostBecause = error;
    this.release();
    for (const listener of this.lostListeners) listener(error);
  }

  /** Turns what `action` throws into a rejection. */
  private async attempt(action: () => void): Promise<void> {
    this.assertOpen();
    await Promise.resolve(action());
  }

  private assertOpen(): void {
    if (this.lostBecause) throw this.lostBecause;
    if (this.closed) throw new BenchError('LINK_LOST', { message: 'The port was closed already.' });
  }
}
