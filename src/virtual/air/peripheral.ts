/**
 * The air of a practice bench: what is on it may be heard and connected to by every radio of that bench. Plain data
 * and callbacks, so that both noble's bindings and a radio of our own can stand on it.
 */
export interface VirtualAir {
  /** Puts a peripheral on the air; it may come and go. Returns the function that takes it off (idempotent). */
  add(peripheral: VirtualPeripheral): () => void;
}

/** A Bluetooth LE device as seen from outside: it advertises, and serves GATT when connected. */
export interface VirtualPeripheral {
  /** MAC, lower case with colons; public. */
  readonly address: string;
  /** At the antenna of the bench, dBm. */
  readonly rssiDbm: number;
  /** With `pace=`: advertisements and exchanges take the time they say. Otherwise none, or a fraction of it. */
  readonly paced?: boolean;
  /** What it sends now; undefined while it is silent (no power, restarting, connected). Asked anew for every event. */
  advertisement(): VirtualAdvertisement | undefined;
  /** A central connects. Undefined: it does not answer; it is asked again at its next connectable advertisement. */
  accept(central: VirtualCentral): VirtualGattServer | undefined;
}

export interface VirtualAdvertisement {
  readonly localName?: string;
  readonly connectable: boolean;
  /** Four or 32 hex digits, lower case, no dashes. */
  readonly serviceUuids: readonly string[];
  readonly serviceData: readonly { readonly uuid: string; readonly data: Uint8Array }[];
  /** Time until it is sent again, ms. */
  readonly intervalMs: number;
}

/** The far end of a connection, as the peripheral sees it. */
export interface VirtualCentral {
  /** A notification; ignored unless the central turned notifications of this characteristic on. */
  notify(service: string, characteristic: string, bytes: Uint8Array): void;
  /** The peripheral drops the link: a restart, an empty battery, somebody walked off. */
  drop(): void;
  /** The peripheral asked for another MTU, and has it from now on (`VirtualGattServer.mtu`). */
  mtuChanged?(): void;
}

/** GATT as the peripheral serves it. A call that resolves to undefined is never answered. */
export interface VirtualGattServer {
  readonly services: readonly VirtualService[];
  /** ATT MTU it agrees to, bytes; 23 when missing. */
  readonly mtu?: number;
  /** Time of one exchange on this link, ms: the connection interval. Taken only by a paced peripheral. */
  readonly intervalMs: number;
  read(service: string, characteristic: string): Promise<Uint8Array | undefined>;
  /** `acknowledged` false: write without response. Resolves when the peripheral has taken it. */
  write(service: string, characteristic: string, bytes: Uint8Array, acknowledged: boolean): Promise<void>;
  subscribed(service: string, characteristic: string, on: boolean): void;
  /** The central has gone, or the link broke. Called once. */
  ended(): void;
}

export interface VirtualService {
  readonly uuid: string;
  readonly characteristics: readonly {
    readonly uuid: string;
    readonly properties: readonly ('read' | 'write' | 'writeWithoutResponse' | 'notify')[];
  }[];
}
