import type { Clock } from '../../core/clock.ts';
import { joinBytes } from '../bytes.ts';
import type { Delivery, UnitWire } from '../virtual-device.ts';
import { garble, sameRate } from './garble.ts';

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;
/** Longest stretch of wire time handed over at once, ms: keeps timers few (about 30 a second and direction). */
const SLICE_MS = 32;
/** Grid of the late, lumpy delivery, ms: the latency timer of a common USB adapter. */
const LUMP_MS = 16;
/** Most lateness of this process that is given back to the host, ms. */
const CREDIT_LIMIT_MS = 500;
const FRAME_DELIMITER = 0xc0;

export interface WireOptions {
  readonly clock: Clock;
  /** Models the time of the wire, at the slower of this and the current rate; missing: no time passes. */
  readonly paceBaud: number | undefined;
  /** Bytes for the host, owned by the receiver. */
  readonly toHost: (bytes: Uint8Array) => void;
  readonly toUnit: (bytes: Uint8Array, atMs: number, hostBaud: number | undefined, silenceMs: number) => void;
  /** Rate of the unit: it paces a link that has none of its own (raw TCP). */
  readonly unitBaud: () => number;
}

interface Slice {
  readonly bytes: Uint8Array;
  readonly dueMs: number;
  /** Rate at which it was sent; undefined: right at any rate. */
  readonly baudRate: number | undefined;
  /** For how long the line was silent before, as far as time is modelled. */
  readonly silenceMs: number;
  readonly arrived?: () => void;
}

/**
 * The wire between host and unit. Every byte has a time at which it arrives by the model (10 bits a byte); the
 * process hands it over at that time or later, never earlier. Lateness of this process does not add up: what the
 * host writes right after a late hand-over counts as written that much earlier.
 */
export class Wire implements UnitWire {
  /** Rate of the host's side; undefined where there is none. */
  hostBaud: number | undefined;
  delivery: Delivery = 'as-sent';
  private readonly options: WireOptions;
  private toUnit: Slice[] = [];
  private toHost: Slice[] = [];
  private unitLineFreeMs = 0;
  private hostLineFreeMs = 0;
  private creditMs = 0;
  private wakeMs = Infinity;
  private cancelWake: (() => void) | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private closed = false;

  constructor(options: WireOptions, hostBaud: number | undefined) {
    this.options = options;
    this.hostBaud = hostBaud;
  }

  get paced(): boolean {
    return this.options.paceBaud != null;
  }

  /** Resolves when the last byte has left the host. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.closed || bytes.length === 0) return Promise.resolve();
    const now = this.options.clock.monotonicMs();
    const { hostBaud } = this;
    if (!this.paced) {
      this.options.toUnit(bytes, now, hostBaud, 0);
      return Promise.resolve();
    }
    const byteMs = this.byteMs(hostBaud ?? this.options.unitBaud());
    let dueMs = Math.max(now - this.creditMs, this.unitLineFreeMs);
    let silenceMs = dueMs - this.unitLineFreeMs;
    return new Promise((resolve) => {
      for (const [start, end] of slices(bytes, Math.max(1, Math.floor(SLICE_MS / byteMs)))) {
        dueMs += (end - start) * byteMs;
        this.toUnit.push({
          bytes: bytes.subarray(start, end),
          dueMs,
          baudRate: hostBaud,
          silenceMs,
          ...(end === bytes.length && { arrived: resolve }),
        });
        silenceMs = 0;
      }
      this.unitLineFreeMs = dueMs;
      this.schedule();
    });
  }

  send(bytes: Uint8Array, notBeforeMs: number, baudRate: number): number {
    if (this.closed || bytes.length === 0) return notBeforeMs;
    let dueMs = Math.max(notBeforeMs, this.hostLineFreeMs);
    const byteMs = this.paced ? this.byteMs(baudRate) : 0;
    const most = this.paced ? Math.max(1, Math.floor(SLICE_MS / byteMs)) : bytes.length;
    for (let start = 0; start < bytes.length; start += most) {
      const piece = bytes.subarray(start, start + most);
      dueMs += piece.length * byteMs;
      const lumpMs = this.delivery === 'merged' ? Math.ceil(dueMs / LUMP_MS) * LUMP_MS : dueMs;
      this.toHost.push({ bytes: piece, dueMs: lumpMs, baudRate, silenceMs: 0 });
    }
    this.hostLineFreeMs = dueMs;
    this.schedule();
    return dueMs;
  }

  dropQueued(): void {
    this.toHost = [];
    this.hostLineFreeMs = 0;
  }

  /** Drops what the host could have received by now. */
  flushInput(): void {
    const now = this.options.clock.monotonicMs();
    this.toHost = this.toHost.filter((slice) => slice.dueMs > now);
  }

  /** Hands over what is due at once, without waiting for the event loop. */
  deliverDue(): void {
    this.handOver();
  }

  close(): void {
    this.closed = true;
    this.cancelWake?.();
    if (this.immediate) clearImmediate(this.immediate);
    const waiting = this.toUnit;
    this.toUnit = [];
    this.toHost = [];
    for (const slice of waiting) slice.arrived?.();
  }

  private byteMs(baudRate: number): number {
    return (BITS_PER_BYTE * 1000) / Math.min(baudRate, this.options.paceBaud ?? baudRate);
  }

  private schedule(): void {
    const dueMs = Math.min(this.toUnit[0]?.dueMs ?? Infinity, this.toHost[0]?.dueMs ?? Infinity);
    if (dueMs === Infinity || this.closed) return;
    const now = this.options.clock.monotonicMs();
    if (dueMs <= now) {
      // Not from within the caller: a host that writes must be back before it hears the answer.
      this.immediate ??= setImmediate(() => {
        this.immediate = undefined;
        this.handOver();
      });
      return;
    }
    if (dueMs >= this.wakeMs) return;
    this.cancelWake?.();
    this.wakeMs = dueMs;
    this.cancelWake = this.options.clock.after(Math.ceil(dueMs - now), () => {
      this.wakeMs = Infinity;
      this.cancelWake = undefined;
      this.handOver();
    });
  }

  private handOver(): void {
    const now = this.options.clock.monotonicMs();
    while (this.toUnit[0] && this.toUnit[0].dueMs <= now && !this.closed) {
      const slice = this.toUnit.shift()!;
      this.options.toUnit(slice.bytes, slice.dueMs, slice.baudRate, slice.silenceMs);
      if (slice.arrived) {
        this.creditMs = Math.min(CREDIT_LIMIT_MS, now - slice.dueMs);
        slice.arrived();
      }
    }
    const due: Slice[] = [];
    while (this.toHost[0] && this.toHost[0].dueMs <= now) due.push(this.toHost.shift()!);
    const last = due.at(-1);
    if (last) this.creditMs = this.paced ? Math.min(CREDIT_LIMIT_MS, now - last.dueMs) : 0;
    if (this.delivery === 'merged') this.deliver(joinBytes(...due.map((slice) => this.asHeard(slice))));
    else for (const slice of due) this.deliver(this.asHeard(slice));
    this.schedule();
  }

  private asHeard({ bytes, baudRate }: Slice): Uint8Array {
    const { hostBaud } = this;
    if (hostBaud == null || baudRate == null || sameRate(hostBaud, baudRate)) return bytes;
    return garble(bytes, baudRate, hostBaud);
  }

  private deliver(bytes: Uint8Array): void {
    if (this.delivery !== 'split') {
      if (bytes.length > 0 && !this.closed) this.options.toHost(bytes.slice());
      return;
    }
    for (let start = 0, size = 1; start < bytes.length && !this.closed; start += size, size = (size % 3) + 1)
      this.options.toHost(bytes.slice(start, start + size));
  }
}

/** Cuts where a frame ends, so that the unit has each frame when it is whole, and else after `most` bytes. */
function* slices(bytes: Uint8Array, most: number): Generator<[number, number]> {
  let start = 0;
  while (start < bytes.length) {
    const delimiter = bytes.indexOf(FRAME_DELIMITER, start + 1);
    const end = Math.min(delimiter < 0 ? bytes.length : delimiter + 1, start + most, bytes.length);
    yield [start, end];
    start = end;
  }
}
