import type { BenchError } from '../../core/errors.ts';
import type { LogSink } from '../../core/log.ts';

/** What one advertisement said, as the radio heard it; nothing of it is interpreted. */
export interface Advertisement {
  /**
   * The peer as the operating system names it: a MAC in lower case with colons, or (macOS) an opaque id. `ble:` links
   * and `connect` take exactly this text.
   */
  readonly address: string;
  /** False where the operating system hides MACs: `address` is then no identity. */
  readonly addressIsMac: boolean;
  /** Received strength, dBm (about -30 beside the antenna, -95 at the edge). */
  readonly rssiDbm: number;
  readonly connectable: boolean;
  /**
   * As sent: untrusted text. Sent apart from the rest, and then kept by the radio until another one is sent or a
   * connection to the peer has ended: after other firmware was written by wire, the old name may still stand here.
   */
  readonly localName?: string;
  /** Service UUIDs that are announced, in the form of `GattUuid`. */
  readonly serviceUuids: readonly GattUuid[];
  /** Payload behind the UUID, by service. */
  readonly serviceData: readonly { readonly uuid: GattUuid; readonly data: Uint8Array }[];
  /** Monotonic, ms. */
  readonly heardAtMs: number;
}

/** Four hex digits of a 16-bit UUID (`fe95`) or 32 of a long one, lower case, without dashes. */
export type GattUuid = string;

/** A characteristic by its service and its own UUID. */
export interface CharacteristicRef {
  readonly service: GattUuid;
  readonly characteristic: GattUuid;
}

export interface ConnectOptions {
  /** Ends the attempt, and after it nothing: an open connection is ended by `disconnect`. */
  readonly signal: AbortSignal;
  /**
   * Limit of the attempt itself: what it waits for a free place, and for its turn at an adapter that connects to one
   * peer at a time, does not count.
   */
  readonly limitMs?: number;
  /** For work of a moment (a question, a proof): takes the next place, before those who wait for long work. */
  readonly soon?: boolean;
  /** Told when the attempt waits for a free place, and when it begins. */
  readonly log?: LogSink;
}

/**
 * The Bluetooth radio of the bench: one for all slots. Listening goes on as long as somebody listens; connections are
 * a budget that attempts queue for. Everything throws `BenchError`.
 */
export interface BleRadio {
  /** What carries it, for the operator: `hci0`, `practice bench`. */
  readonly name: string;
  /** How many connections it holds at the same time; fewer when the adapter turned out to hold fewer. */
  readonly maxConnections: number;
  /**
   * Set while it cannot be used: switched off, unplugged, or its use was forbidden (BLUETOOTH_OFF). Listening goes on
   * by itself when it is back; open connections are lost.
   */
  readonly offBecause: BenchError | undefined;
  /** Called when `offBecause` changed. Returns the unsubscribe function. */
  onOffChange(listener: () => void): () => void;
  /** Hears every advertisement, repeated ones too. Returns the unsubscribe function. */
  listen(listener: (heard: Advertisement) => void): () => void;
  /**
   * Waits until the peer is heard, sets up a connection and discovers what it has. Throws BLE_CONNECT_FAILED (naming
   * what was heard last), BLE_NO_ANSWER (connected, but discovery was never answered), BLUETOOTH_OFF, or the signal's
   * reason.
   */
  connect(address: string, options: ConnectOptions): Promise<GattConnection>;
}

/**
 * An open connection. Every call ends: by its answer, by the loss of the link (BLE_LINK_LOST) or by a limit of its own
 * (BLE_NO_ANSWER, after which the link is lost too: nothing more may be asked of a peer that left a request open).
 * Calls go out one after another, in the order they were made. No call may carry more than `payloadBytes`.
 */
export interface GattConnection {
  readonly address: string;
  /** Bytes of payload in one write or notification: ATT MTU less 3; 20 until the peer agreed to more. */
  readonly payloadBytes: number;
  /** What the peer has, discovered while connecting. */
  readonly characteristics: readonly GattCharacteristic[];
  /** Set once the link is gone, by `disconnect` too. */
  readonly lostBecause: Error | undefined;
  /** Called once when the link goes without `disconnect`; at once when it is gone already. */
  onLost(listener: (error: Error) => void): () => void;
  /** On Linux noble answers a refused read with no bytes. */
  read(ref: CharacteristicRef): Promise<Uint8Array>;
  /** Acknowledged by the peer. A refusal cannot be told from silence everywhere: it ends as BLE_NO_ANSWER. */
  write(ref: CharacteristicRef, bytes: Uint8Array): Promise<void>;
  /** Resolves when queued, which is not yet sent: flow control is the caller's. */
  writeWithoutResponse(ref: CharacteristicRef, bytes: Uint8Array): Promise<void>;
  /** Resolves when the peer has turned notifications on. The returned function turns them off, and never throws. */
  subscribe(ref: CharacteristicRef, listener: (bytes: Uint8Array) => void): Promise<() => Promise<void>>;
  /** Gives the place in the budget back. Idempotent, never throws. */
  disconnect(): Promise<void>;
}

export interface GattCharacteristic extends CharacteristicRef {
  readonly canRead: boolean;
  readonly canWrite: boolean;
  readonly canWriteWithoutResponse: boolean;
  readonly canNotify: boolean;
}

/** Throws nothing: undefined where the peer has no such characteristic. */
export function findCharacteristic(
  connection: GattConnection,
  ref: CharacteristicRef,
): GattCharacteristic | undefined {
  return connection.characteristics.find(
    ({ service, characteristic }) => service === ref.service && characteristic === ref.characteristic,
  );
}
