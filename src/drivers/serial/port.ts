import type { AdapterChip } from './adapter.ts';

/** Modem-control lines as the host sees them: `true` asserts the line, which pulls the pin LOW. */
export interface ControlLines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

export interface OpenOptions {
  readonly baudRate: number;
  /** Limits the opening only. */
  readonly signal?: AbortSignal;
}

/**
 * An open serial link, whatever carries it (USB adapter, raw TCP, RFC 2217, virtual). 8N1, no flow control.
 * Everything throws `BenchError`: `LINK_LOST` from any call once the link is gone, `PORT_*` from opening.
 */
export interface SerialPort {
  /** The link as the operator named it, e.g. `/dev/ttyUSB0` or `socket://10.0.0.5:2000`. */
  readonly link: string;
  /**
   * False where DTR and RTS do not exist (a pty, raw TCP): `setLines` then throws NO_CONTROL_LINES. True says only
   * that the adapter has them: whether they are wired to the unit shows when it resets. May become false when the
   * driver refuses the first move.
   */
  readonly hasControlLines: boolean;
  /** False where the rate is fixed elsewhere (raw TCP): `setBaudRate` then does nothing. */
  readonly hasBaudRate: boolean;
  readonly baudRate: number;
  /** The chip of the adapter; undefined where there is none or it is another computer's. */
  readonly adapter?: AdapterChip;
  /**
   * How far a resolved `write` can be trusted: the most bytes that may not yet have been on the wire by then, in the
   * adapter or beyond it. 0: the last stop bit is out. Infinity: the bytes are only under way (a network), and their
   * wire time must be computed from their number and the rate. A pause on the line is counted from there.
   */
  readonly unsentBytes: number;
  /** Set once the link is gone. */
  readonly lostBecause: Error | undefined;
  /**
   * Bytes as they come, in order, never empty; the listener owns the array. What came while nobody listened (the
   * last 64 KiB) is handed to the next listener at once. Returns the unsubscribe function.
   */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  /**
   * Leaves what comes in the carrier's buffer for `ms`, or as long as that buffer surely holds it, and then delivers it
   * at once: a long transfer need not wake the process for every few bytes (a CH340 hands over 32 at a time). Writing
   * goes on; the loss of the link shows at the end of the rest at the latest. Does nothing during a rest, and where
   * nothing is known of the buffer.
   */
  rest?(ms: number): void;
  /** Called once when the link goes away without `close()`; at once when it is gone already. */
  onLost(listener: (error: Error) => void): () => void;
  /**
   * Resolves when every byte has left the host (drained), as far as the carrier can tell; see `unsentBytes`. Calls
   * keep their order, `setBaudRate` and `flushInput` among them. Writes queued behind one another go out without a
   * pause between them. Limit: 10 s plus wire time, then WRITE_TIMEOUT.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Throws BAUD_REFUSED where the rate is not taken to within 3 %; the old one then stays. May drop input. */
  setBaudRate(baudRate: number): Promise<void>;
  /**
   * Always both lines, in one call where the carrier can; resolves when they have moved, as far as the carrier can
   * tell. After opening a port of this computer both are asserted, which is no reset.
   */
  setLines(lines: ControlLines): Promise<void>;
  /** Drops what was received and not yet delivered, in the driver and the carrier. */
  flushInput(): Promise<void>;
  /** Idempotent; never throws. */
  close(): Promise<void>;
}

/** Opens one kind of link. */
export interface SerialOpener {
  open(link: string, options: OpenOptions): Promise<SerialPort>;
}
