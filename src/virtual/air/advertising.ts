import type { Clock } from '../../core/clock.ts';
import type { Air } from './air.ts';
import type { VirtualAdvertisement, VirtualPeripheral } from './peripheral.ts';

/** Without `pace=` advertisements come this many times as often as they say, within the limits below. */
const COMPRESSION = 20;
const SHORTEST_MS = 40;
const LONGEST_MS = 250;
/** How long a silent peripheral is left alone before it is asked again, ms. */
const SILENCE_MS = 100;

/** Time until the next advertising event of a peripheral, ms. */
export function eventIntervalMs(
  { paced }: VirtualPeripheral,
  advertisement: VirtualAdvertisement | undefined,
): number {
  if (!advertisement) return SILENCE_MS;
  if (paced) return Math.max(1, advertisement.intervalMs);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, advertisement.intervalMs / COMPRESSION));
}

export type OnHeard = (
  peripheral: VirtualPeripheral,
  advertisement: VirtualAdvertisement,
  rssiDbm: number,
) => void;

/** An antenna in the air: between `start` and `stop` it hears what every peripheral there sends. */
export class AirScanner {
  readonly #air: Air;
  readonly #clock: Clock;
  readonly #onHeard: OnHeard;
  /** By peripheral, what cancels its next event. */
  readonly #due = new Map<VirtualPeripheral, () => void>();
  #events = 0;
  #leave: (() => void) | undefined;

  constructor(air: Air, clock: Clock, onHeard: OnHeard) {
    this.#air = air;
    this.#clock = clock;
    this.#onHeard = onHeard;
  }

  get isOn(): boolean {
    return this.#leave !== undefined;
  }

  start(): void {
    if (this.#leave) return;
    this.#leave = this.#air.onChange(() => this.#follow());
    this.#follow();
  }

  stop(): void {
    this.#leave?.();
    this.#leave = undefined;
    for (const cancel of this.#due.values()) cancel();
    this.#due.clear();
  }

  #follow(): void {
    const there = this.#air.peripherals;
    for (const [peripheral, cancel] of this.#due)
      if (!there.has(peripheral)) {
        cancel();
        this.#due.delete(peripheral);
      }
    for (const peripheral of there)
      if (!this.#due.has(peripheral)) {
        // Peripherals advertise neither in step nor for this antenna's sake: each has a phase of its own.
        const interval = eventIntervalMs(peripheral, peripheral.advertisement());
        const phase = interval * share(peripheral.address, 0);
        this.#plan(peripheral, interval - ((this.#clock.monotonicMs() + interval - phase) % interval));
      }
  }

  #plan(peripheral: VirtualPeripheral, ms: number): void {
    this.#due.set(
      peripheral,
      this.#clock.after(ms, () => {
        const advertisement = peripheral.advertisement();
        this.#plan(peripheral, eventIntervalMs(peripheral, advertisement));
        if (advertisement) this.#onHeard(peripheral, advertisement, this.#strength(peripheral));
      }),
    );
  }

  /** Strength as received: it varies by up to 3 dB, the same way in every run. */
  #strength({ address, rssiDbm }: VirtualPeripheral): number {
    this.#events += 1;
    return Math.round(rssiDbm + 6 * share(address, this.#events) - 3);
  }
}

/** A number from 0 to 1 that follows from address and count alone (FNV-1a). */
function share(address: string, count: number): number {
  let hash = 0x811c_9dc5;
  for (const letter of `${address}/${count}`)
    hash = Math.imul(hash ^ letter.charCodeAt(0), 0x0100_0193) >>> 0;
  return hash / 0x1_0000_0000;
}
