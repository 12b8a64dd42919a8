import { once } from 'node:events';
import type { Clock } from '../../../core/clock.ts';
import type { CharacteristicRef, GattCharacteristic } from '../radio.ts';
import type { LinkEvents, StackLink } from '../stack.ts';
import { gattUuid } from '../uuid.ts';
import type { NobleCharacteristic, NoblePeripheral, NobleService } from './noble-types.ts';
import { within } from './within.ts';

/** How long an adapter may take to end a link, ms; the peer is told at most six intervals later. */
const CLOSE_LIMIT_MS = 2000;

/** Noble asks every peer for 256; a peer that offers more is taken at its word by noble, but not by the protocol. */
const OUR_MTU = 256;

/**
 * A connected peripheral of noble. Its callbacks and promises are not used: they leave listeners behind when an
 * answer does not come, and a callback of one call can be served by the answer to another.
 */
export class NobleLink implements StackLink {
  readonly #peripheral: NoblePeripheral;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  readonly #characteristics = new Map<string, NobleCharacteristic>();
  #events: LinkEvents | undefined;
  #endedBecause: string | undefined;
  #closing: Promise<void> | undefined;

  /** `onEnd` is called once, when the link is gone. */
  constructor(peripheral: NoblePeripheral, clock: Clock, onEnd: () => void) {
    this.#peripheral = peripheral;
    this.#clock = clock;
    this.#onEnd = onEnd;
    peripheral.once('disconnect', (reason?: unknown) => this.#end(reasonText(reason)));
  }

  get mtu(): number | undefined {
    const { mtu } = this.#peripheral;
    return mtu === null ? undefined : Math.min(mtu, OUR_MTU);
  }

  tell(events: LinkEvents): void {
    this.#events = events;
    if (this.#endedBecause !== undefined) events.lost(this.#endedBecause);
  }

  async discover(): Promise<readonly GattCharacteristic[]> {
    const found: GattCharacteristic[] = [];
    const services = await answer<NobleService[]>(this.#peripheral, 'servicesDiscover', () =>
      this.#peripheral.discoverServices([]),
    );
    for (const service of services) {
      const characteristics = await answer<NobleCharacteristic[]>(service, 'characteristicsDiscover', () =>
        service.discoverCharacteristics([]),
      );
      for (const characteristic of characteristics) {
        const ref = { service: gattUuid(service.uuid), characteristic: gattUuid(characteristic.uuid) };
        this.#characteristics.set(keyOf(ref), characteristic);
        characteristic.on('data', (data: Uint8Array, isNotification: boolean) => {
          if (isNotification) this.#events?.notified(ref, data);
        });
        found.push({ ...ref, ...abilities(characteristic.properties) });
      }
    }
    return found;
  }

  async read(ref: CharacteristicRef): Promise<Uint8Array> {
    const characteristic = this.#find(ref);
    return new Promise((resolve) => {
      const onData = (data: Uint8Array, isNotification: boolean) => {
        if (isNotification) return;
        characteristic.removeListener('data', onData);
        resolve(data);
      };
      characteristic.on('data', onData);
      characteristic.read();
    });
  }

  async write(ref: CharacteristicRef, bytes: Uint8Array, acknowledged: boolean): Promise<void> {
    const characteristic = this.#find(ref);
    await answer(characteristic, 'write', () => characteristic.write(Buffer.from(bytes), !acknowledged));
  }

  async notify(ref: CharacteristicRef, on: boolean): Promise<void> {
    const characteristic = this.#find(ref);
    await answer(characteristic, 'notify', () => characteristic.notify(on));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Nothing will be heard of this link any more, not even its end. */
  adapterGone(): void {
    this.#peripheral.state = 'disconnected';
    this.#end('Bluetooth was switched off or unplugged.');
  }

  async #close(): Promise<void> {
    // Asked to end a link that is gone already, noble on Linux would end the one that has handle 0.
    if (this.#endedBecause !== undefined || this.#peripheral.state !== 'connected') return;
    this.#events = undefined;
    await within(this.#clock, CLOSE_LIMIT_MS, this.#peripheral, 'disconnect', () =>
      this.#peripheral.disconnect(),
    );
  }

  #end(reason: string): void {
    if (this.#endedBecause !== undefined) return;
    this.#endedBecause = reason;
    for (const characteristic of this.#characteristics.values()) characteristic.removeAllListeners();
    this.#onEnd();
    this.#events?.lost(reason);
  }

  #find(ref: CharacteristicRef): NobleCharacteristic {
    const characteristic = this.#characteristics.get(keyOf(ref));
    if (!characteristic) throw new Error(`${keyOf(ref)} was not discovered.`);
    return characteristic;
  }
}

const keyOf = ({ service, characteristic }: CharacteristicRef) => `${service}/${characteristic}`;

/** Sets a call off and waits for its event, for ever if need be. */
async function answer<T>(
  emitter: NoblePeripheral | NobleService | NobleCharacteristic,
  event: string,
  setOff: () => void,
): Promise<T> {
  const came = once(emitter, event);
  setOff();
  return (await came)[0] as T;
}

const abilities = (properties: readonly string[]) => ({
  canRead: properties.includes('read'),
  canWrite: properties.includes('write'),
  canWriteWithoutResponse: properties.includes('writeWithoutResponse'),
  canNotify: properties.includes('notify') || properties.includes('indicate'),
});

/** Reasons of HCI that a technician can do something about: Core, Vol 1, Part F, 1.3. */
const REASONS: Readonly<Record<number, string>> = {
  0x08: 'the unit was not heard any more (out of reach, or its cell gave in).',
  0x13: 'the unit ended it.',
  0x15: 'the unit switched itself off.',
  0x16: 'this computer ended it.',
  0x3e: 'it did not come about.',
};

function reasonText(reason: unknown): string {
  if (typeof reason !== 'number') return 'the unit is gone.';
  return REASONS[reason] ?? `reason 0x${reason.toString(16)}.`;
}
