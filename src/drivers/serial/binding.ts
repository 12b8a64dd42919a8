/** What is used of node-serialport's ports; a port of any other kind can be put in its place. */
export interface BindingPort {
  close(): Promise<void>;
  /** Resolves with at least one byte; rejects when the port is closed or lost. */
  read(buffer: Buffer, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  /** Resolves when every byte has left. Blocks one thread of libuv's pool for that time. */
  drain(): Promise<void>;
  /** Drops what was received and what was not yet sent. */
  flush(): Promise<void>;
  update(options: { baudRate: number }): Promise<void>;
  /** Every flag is set by each call; what is left out counts as its default, `true` for DTR and RTS. */
  set(options: {
    brk: boolean;
    cts: boolean;
    dsr: boolean;
    dtr: boolean;
    rts: boolean;
    /** Linux: an FTDI adapter hands on what it received after 1 ms instead of 16 ms. Others ignore it. */
    lowLatency: boolean;
  }): Promise<void>;
  /** Reads the modem lines; rejects where there are none. */
  get(): Promise<unknown>;
  /** The rate the driver holds; rejects where that cannot be asked (only Linux can). */
  getBaudRate(): Promise<{ readonly baudRate: number }>;
}

export interface SerialBinding {
  list(): Promise<readonly BindingPortInfo[]>;
  open(options: { path: string; baudRate: number; lock: boolean; hupcl: boolean }): Promise<BindingPort>;
}

/** A port as node-serialport lists it; everything but the path may be missing. */
export interface BindingPortInfo {
  readonly path: string;
  readonly manufacturer?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly locationId?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

/** The ports of the operating system; loaded only when needed, it costs some 50 ms. */
export async function systemBinding(): Promise<SerialBinding> {
  const { SerialPort } = await import('serialport');
  return SerialPort.binding as SerialBinding;
}
