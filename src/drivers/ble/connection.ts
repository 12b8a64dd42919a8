import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { CharacteristicRef, GattCharacteristic, GattConnection } from './radio.ts';
import type { StackLink } from './stack.ts';

/**
 * How long one request may stay unanswered, ms: the ATT transaction timeout (Bluetooth Core, Vol 3, Part F, 3.3.3),
 * after which nothing more may be asked over the same link.
 */
export const ANSWER_LIMIT_MS = 30_000;

/** Bytes of an ATT packet in front of the payload: opcode and handle. */
const ATT_HEADER_BYTES = 3;
const DEFAULT_MTU = 23;

interface Subscription {
  readonly listeners: Set<(bytes: Uint8Array) => void>;
  readonly turnedOn: Promise<void>;
}

const keyOf = ({ service, characteristic }: CharacteristicRef) => `${service}/${characteristic}`;

/** A link of a stack with what a stack lacks: an order of calls, limits, and an end to everything when it is lost. */
export class OpenConnection implements GattConnection {
  readonly address: string;
  readonly characteristics: readonly GattCharacteristic[];
  readonly #link: StackLink;
  readonly #clock: Clock;
  readonly #ended: () => void;
  readonly #known: ReadonlySet<string>;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #lossListeners = new Set<(error: Error) => void>();
  /** Calls that are under way, by what ends them when the link goes. */
  readonly #open = new Set<(error: Error) => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #lostBecause: BenchError | undefined;
  #closing: Promise<void> | undefined;

  /** `ended` is called once, when the link is gone for good. */
  constructor(
    link: StackLink,
    facts: {
      readonly address: string;
      readonly characteristics: readonly GattCharacteristic[];
      readonly clock: Clock;
      readonly ended: () => void;
    },
  ) {
    this.#link = link;
    this.address = facts.address;
    this.characteristics = facts.characteristics;
    this.#clock = facts.clock;
    this.#ended = facts.ended;
    this.#known = new Set(facts.characteristics.map(keyOf));
  }

  get payloadBytes(): number {
    return (this.#link.mtu ?? DEFAULT_MTU) - ATT_HEADER_BYTES;
  }

  get lostBecause(): Error | undefined {
    return this.#lostBecause;
  }

  onLost(listener: (error: Error) => void): () => void {
    if (this.#closing === undefined && this.#lostBecause !== undefined) listener(this.#lostBecause);
    else this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  read(ref: CharacteristicRef): Promise<Uint8Array> {
    return this.#ask('a read', ref, async () => Uint8Array.from(await this.#link.read(ref)));
  }

  async write(ref: CharacteristicRef, bytes: Uint8Array): Promise<void> {
    this.#checkSize(bytes);
    return this.#ask('a write', ref, () => this.#link.write(ref, bytes, true));
  }

  async writeWithoutResponse(ref: CharacteristicRef, bytes: Uint8Array): Promise<void> {
    this.#checkSize(bytes);
    return this.#ask('a write', ref, () => this.#link.write(ref, bytes, false));
  }

  async subscribe(
    ref: CharacteristicRef,
    listener: (bytes: Uint8Array) => void,
  ): Promise<() => Promise<void>> {
    if (this.#lostBecause) throw this.#lostBecause;
    const key = keyOf(ref);
    // A function of its own for each subscription: the same listener may subscribe twice.
    const own = (bytes: Uint8Array) => listener(bytes);
    let subscription = this.#subscriptions.get(key);
    if (!subscription) {
      const listeners = new Set([own]);
      const turnedOn = this.#ask('notifications', ref, () => this.#link.notify(ref, true));
      subscription = { listeners, turnedOn };
      this.#subscriptions.set(key, subscription);
    }
    const { listeners, turnedOn } = subscription;
    listeners.add(own);
    const leave = () => {
      listeners.delete(own);
      if (listeners.size > 0 || this.#subscriptions.get(key) !== subscription) return false;
      return this.#subscriptions.delete(key);
    };
    try {
      await turnedOn;
    } catch (error) {
      leave();
      throw error;
    }
    return async () => {
      if (!listeners.has(own) || !leave() || this.#lostBecause) return;
      await this.#ask('notifications', ref, () => this.#link.notify(ref, false)).catch(() => {});
    };
  }

  disconnect(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#lostBecause) return;
    const closed = new BenchError('BLE_LINK_LOST', { message: 'The Bluetooth connection was closed.' });
    this.#end(closed);
    await this.#link.close();
    this.#ended();
  }

  /** What the stack tells of this link. */
  notified(ref: CharacteristicRef, bytes: Uint8Array): void {
    for (const listener of [...(this.#subscriptions.get(keyOf(ref))?.listeners ?? [])])
      listener(Uint8Array.from(bytes));
  }

  lost(reason: string): void {
    if (this.#lostBecause) return;
    this.#lose(new BenchError('BLE_LINK_LOST', { message: `The Bluetooth connection broke: ${reason}` }));
    this.#ended();
  }

  #lose(error: BenchError): void {
    this.#end(error);
    for (const listener of [...this.#lossListeners]) listener(error);
    this.#lossListeners.clear();
  }

  #end(error: BenchError): void {
    this.#lostBecause = error;
    for (const end of [...this.#open]) end(error);
  }

  #checkSize(bytes: Uint8Array): void {
    if (bytes.length > this.payloadBytes)
      throw new RangeError(`${bytes.length} bytes do not fit into one packet of ${this.payloadBytes}.`);
  }

  /** Makes a call when those before it have ended. */
  async #ask<T>(what: string, ref: CharacteristicRef, call: () => Promise<T>): Promise<T> {
    if (!this.#known.has(keyOf(ref)))
      throw new Error(`${this.address} has no characteristic ${ref.characteristic} in ${ref.service}.`);
    const mine = this.#turn.then(() => this.#endingCall(what, ref, call));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  #endingCall<T>(what: string, { characteristic }: CharacteristicRef, call: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#lostBecause) return reject(this.#lostBecause);
      const settle = <V>(settled: (value: V) => void) => {
        return (value: V) => {
          cancelLimit();
          this.#open.delete(end);
          settled(value);
        };
      };
      const end = settle<Error>(reject);
      this.#open.add(end);
      const cancelLimit = this.#clock.after(ANSWER_LIMIT_MS, () => {
        const silent = new BenchError('BLE_NO_ANSWER', {
          message: `The unit holds the Bluetooth connection and left ${what} of ${characteristic} unanswered.`,
          detail: { characteristic, limitMs: ANSWER_LIMIT_MS },
        });
        end(silent);
        this.#lose(
          new BenchError('BLE_LINK_LOST', {
            message: 'The Bluetooth connection was given up: the unit did not answer over it.',
            cause: silent,
          }),
        );
        void this.#link.close().then(this.#ended);
      });
      call().then(settle(resolve), settle(reject));
    });
  }
}
