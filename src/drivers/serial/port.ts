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
  /** False where DTR and RTS do not exist (a pty, raw TCP, three wires): `setLines` then throws NO_CONTROL_LINES. */
  readonly hasControlLines: boolean;
  /** False where the rate is fixed elsewhere (raw TCP): `setBaudRate` then does nothing. */
  readonly hasBaudRate: boolean;
  readonly baudRate: number;
  /** Set once the link is gone. */
  readonly lostBecause: Error | undefined;
  /** Bytes as they come, in order, never empty; the listener owns the array. Returns the unsubscribe function. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  /** Called once when the link goes away without `close()`; at once when it is gone already. */
  onLost(listener: (error: Error) => void): () => void;
  /** Resolves when every byte has left the host (drained), as far as the carrier can tell. Limit: 10 s plus wire time. */
  write(bytes: Uint8Array): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
  /** Always both lines, in one call where the carrier can. */
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
