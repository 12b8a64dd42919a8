import { BenchError } from '../../src/core/errors.ts';
import type { CharacteristicRef, GattCharacteristic, GattConnection } from '../../src/drivers/ble/radio.ts';

type Listener = (bytes: Uint8Array) => void;

export interface Written {
  readonly characteristic: string;
  readonly bytes: Uint8Array;
  readonly acknowledged: boolean;
}

export const characteristicOf = (
  service: string,
  characteristic: string,
  can: Partial<Record<'canRead' | 'canWrite' | 'canWriteWithoutResponse' | 'canNotify', boolean>> = {},
): GattCharacteristic => ({
  service,
  characteristic,
  canRead: false,
  canWrite: false,
  canWriteWithoutResponse: false,
  canNotify: false,
  ...can,
});

/** A connection whose peer is played by a test: what is written goes to `onWrite`, reads are answered by `onRead`. */
export class ScriptedGatt implements GattConnection {
  readonly address = 'a4:c1:38:00:00:01';
  payloadBytes = 20;
  lostBecause: Error | undefined;
  readonly characteristics: readonly GattCharacteristic[];
  readonly written: Written[] = [];
  onWrite: (characteristic: string, bytes: Uint8Array) => void = () => {};
  onRead: (characteristic: string) => Uint8Array | Promise<Uint8Array> = () => new Uint8Array(0);
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #lostListeners = new Set<(error: Error) => void>();

  constructor(characteristics: readonly GattCharacteristic[]) {
    this.characteristics = characteristics;
  }

  /** Characteristics whose notifications are on. */
  get subscribed(): readonly string[] {
    return [...this.#listeners].filter(([, listeners]) => listeners.size > 0).map(([name]) => name);
  }

  notify(characteristic: string, bytes: Uint8Array): void {
    for (const listener of this.#listeners.get(characteristic) ?? []) listener(bytes);
  }

  drop(): void {
    this.lostBecause = new BenchError('BLE_LINK_LOST');
    for (const listener of this.#lostListeners) listener(this.lostBecause);
  }

  onLost(listener: (error: Error) => void): () => void {
    if (this.lostBecause != null) listener(this.lostBecause);
    else this.#lostListeners.add(listener);
    return () => void this.#lostListeners.delete(listener);
  }

  async read(ref: CharacteristicRef): Promise<Uint8Array> {
    this.#mustLive();
    if (!this.#find(ref).canRead) throw new Error(`${ref.characteristic} cannot be read`);
    return this.onRead(ref.characteristic);
  }

  async write(ref: CharacteristicRef, bytes: Uint8Array): Promise<void> {
    if (!this.#find(ref).canWrite) throw new Error(`${ref.characteristic} takes no acknowledged write`);
    this.#take(ref, bytes, true);
  }

  async writeWithoutResponse(ref: CharacteristicRef, bytes: Uint8Array): Promise<void> {
    if (!this.#find(ref).canWriteWithoutResponse)
      throw new Error(`${ref.characteristic} takes no write without response`);
    this.#take(ref, bytes, false);
  }

  async subscribe(ref: CharacteristicRef, listener: Listener): Promise<() => Promise<void>> {
    this.#mustLive();
    if (!this.#find(ref).canNotify) throw new Error(`${ref.characteristic} does not notify`);
    const listeners = this.#listeners.get(ref.characteristic) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(ref.characteristic, listeners);
    return async () => void listeners.delete(listener);
  }

  async disconnect(): Promise<void> {}

  #take({ characteristic }: CharacteristicRef, bytes: Uint8Array, acknowledged: boolean): void {
    this.#mustLive();
    if (bytes.length > this.payloadBytes) throw new Error(`${bytes.length} bytes do not fit the MTU`);
    this.written.push({ characteristic, bytes, acknowledged });
    this.onWrite(characteristic, bytes);
  }

  #find(ref: CharacteristicRef): GattCharacteristic {
    const found = this.characteristics.find(
      (each) => each.service === ref.service && each.characteristic === ref.characteristic,
    );
    if (found == null) throw new Error(`the peer has no ${ref.characteristic}`);
    return found;
  }

  #mustLive(): void {
    if (this.lostBecause != null) throw this.lostBecause;
  }
}
