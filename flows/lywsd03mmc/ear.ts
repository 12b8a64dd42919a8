import { isBenchError } from '../../src/core/errors.ts';
import type { BleRadio } from '../../src/drivers/ble/radio.ts';
import { awaitUnit, Sightings, type HeardUnit } from '../../src/protocols/adverts/index.ts';
import type { RadioLink, RunContext } from '../flow.ts';

/** Listens to thermometers from `open` to `close`: what was heard before a flash is half of the proof after it. */
export class Ear {
  readonly sightings = new Sightings();
  readonly startedAtMs: number;
  readonly #link: RadioLink;
  readonly #stopListening: () => void;

  /** Throws BLUETOOTH_UNAVAILABLE, BLUETOOTH_OFF. */
  static async open(run: RunContext): Promise<Ear> {
    return new Ear(await run.openRadio(), run.clock.monotonicMs());
  }

  private constructor(link: RadioLink, startedAtMs: number) {
    this.#link = link;
    this.startedAtMs = startedAtMs;
    this.#stopListening = link.radio.listen((heard) => void this.sightings.hear(heard));
  }

  get radio(): BleRadio {
    return this.#link.radio;
  }

  /** The next unit heard from now on that fits; undefined after the limit. */
  next(run: RunContext, limitMs: number, fits: (unit: HeardUnit) => boolean): Promise<HeardUnit | undefined> {
    return awaitUnit(this.radio, this.sightings, fits, { clock: run.clock, signal: run.signal, limitMs });
  }

  /** Idempotent, never throws. */
  async close(): Promise<void> {
    this.#stopListening();
    await this.#link.close();
  }
}

/** The ear, or why there is none. */
export async function openEarIfThereIsOne(run: RunContext): Promise<Ear | string> {
  try {
    return await Ear.open(run);
  } catch (error) {
    if (isBenchError(error, 'BLUETOOTH_UNAVAILABLE', 'BLUETOOTH_OFF')) return error.message;
    throw error;
  }
}
