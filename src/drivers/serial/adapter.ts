/** The bridge chip of a serial adapter. `usb-jtag`: the USB port that is inside an ESP32-S3, C3 or C6 itself. */
export type AdapterChipId =
  'ch340' | 'ch343' | 'cp210x' | 'ftdi' | 'pl2303' | 'usb-jtag' | 'cdc' | 'uart' | 'unknown';

/**
 * What an adapter is worth on a Telink chip's single wire (SWS). `good`: used by many; `doubtful`: fails for some;
 * `never`: cannot work; `untried`: nothing is known.
 */
export type SwsWorth = 'good' | 'doubtful' | 'never' | 'untried';

export interface SwsFitness {
  /** Sending the stream without gaps. */
  readonly write: SwsWorth;
  /** Hearing the chip's answers, whose first character may lack its stop bit. */
  readonly read: SwsWorth;
  /** One sentence in the operator's words, where there is something to say. */
  readonly note?: string;
}

/** What is known of an adapter's chip and what that means for a job. */
export interface AdapterChip {
  readonly id: AdapterChipId;
  /** As printed on it: `CH340`, `CP2102 or CP2102N`. */
  readonly title: string;
  /** Highest rate it holds dependably, baud; a starting point, not a limit. */
  readonly dependableBaudRate: number;
  /** One sentence each, in the operator's words. */
  readonly notes: readonly string[];
  readonly sws: SwsFitness;
}

export interface UsbIdentity {
  /** Four hexadecimal digits, lower case. */
  readonly vendorId: string;
  readonly productId: string;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  /** Where it is plugged in: bus and hub ports on Linux (`1-2.4`), the system's own words elsewhere. */
  readonly location?: string;
  /** Number of the USB interface, for adapters with several ports. */
  readonly interface?: number;
}

/** A serial port of this computer. */
export interface SerialPortInfo {
  /** What opens it now: `/dev/ttyUSB0`, `COM3`. Changes when adapters are replugged. */
  readonly path: string;
  /**
   * What names the adapter for good, and opens it as a link too: `usb:sn=A10KBC3F` where its serial number is
   * its own, else `usb:1-2.4` for the socket it is plugged into, else the path.
   */
  readonly key: string;
  /** The name the person gave to the key. */
  readonly name?: string;
  /** For lists: the given name, or the chip and where it is plugged in. */
  readonly label: string;
  readonly chip: AdapterChip;
  readonly usb?: UsbIdentity;
}
