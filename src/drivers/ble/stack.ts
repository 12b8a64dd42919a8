import type { BenchError } from '../../core/errors.ts';
import type { Advertisement, CharacteristicRef, GattCharacteristic } from './radio.ts';

/**
 * What a Bluetooth stack does for the bench's radio (`BenchRadio`), in its plainest form: the radio adds the shared
 * scan, the budget, the limits. A promise of a stack may hang for ever: whoever waits for it brings a limit.
 */
export interface BleStack {
  /** What carries it, for the operator. */
  readonly name: string;
  /** How many connections it is trusted to hold at the same time. */
  readonly maxConnections: number;
  /** Many adapters refuse to connect while they scan. */
  readonly pausesScanToConnect: boolean;
  readonly offBecause: BenchError | undefined;
  /** Says who is told what happens; called once, before anything else. */
  tell(events: StackEvents): void;
  startScan(): Promise<void>;
  stopScan(): Promise<void>;
  /**
   * Sets up a link with a peer that has been heard. Never called twice at the same time. When `signal` aborts, the
   * attempt is called off first and then rejected with the signal's reason. Rejects with `OpenFailed` otherwise.
   */
  open(address: string, signal: AbortSignal): Promise<StackLink>;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

export interface StackEvents {
  heard(advertisement: Advertisement): void;
  /** The scan ended without having been asked to: another program, or the adapter itself. */
  scanStopped(): void;
  /** `offBecause` changed. When it was set, all links are lost and the scan has ended. */
  offChanged(): void;
}

/** The adapter could not set up a link. */
export class OpenFailed extends Error {
  override readonly name = 'OpenFailed';
  /** The adapter holds as many links as it can. */
  readonly adapterIsFull: boolean;

  constructor(message: string, { adapterIsFull = false }: { readonly adapterIsFull?: boolean } = {}) {
    super(message);
    this.adapterIsFull = adapterIsFull;
  }
}

/** An open link. Calls are made one at a time; after its loss they hang. */
export interface StackLink {
  /** ATT MTU as far as it is known: it is agreed upon before discovery is answered. */
  readonly mtu: number | undefined;
  /** Says who is told what happens; called once, before anything else. */
  tell(events: LinkEvents): void;
  discover(): Promise<readonly GattCharacteristic[]>;
  read(ref: CharacteristicRef): Promise<Uint8Array>;
  write(ref: CharacteristicRef, bytes: Uint8Array, acknowledged: boolean): Promise<void>;
  notify(ref: CharacteristicRef, on: boolean): Promise<void>;
  /** Resolves when the link is gone, or the stack was given its time for it. Idempotent, never throws. */
  close(): Promise<void>;
}

export interface LinkEvents {
  notified(ref: CharacteristicRef, bytes: Uint8Array): void;
  /** The link is gone without `close`; called once, at once when it is gone already. `reason`: a sentence. */
  lost(reason: string): void;
}
