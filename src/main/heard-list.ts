import type { Clock } from '../core/clock.ts';
import { toBenchError, type BenchError } from '../core/errors.ts';
import type { BleRadio } from '../drivers/ble/radio.ts';
import { ageMs, Sightings, type HeardUnit } from '../protocols/adverts/index.ts';
import type { HeardList, HeardNow, HeardView } from '../ui/services.ts';

/** How often ages and signals are told anew, ms. */
const TELL_MS = 1000;
/** How often a radio that could not be opened is tried again, ms. */
const TRY_AGAIN_MS = 5000;

const SILENCE: HeardNow = { units: [], listenedSeconds: 0 };

export interface HeardListOptions {
  readonly clock: Clock;
  /** Throws BLUETOOTH_UNAVAILABLE or BLUETOOTH_OFF. Not called before somebody subscribes. */
  readonly openRadio: () => Promise<BleRadio>;
}

/** The thermometers on the air, followed while somebody listens. */
export function heardList(options: HeardListOptions): HeardList {
  const listeners = new Set<() => void>();
  const sightings = new Sightings();
  let now = SILENCE;
  let ear: Ear | undefined;

  const tell = () => {
    const next = heardNow(now, sightings.units(), options.clock.monotonicMs(), ear);
    if (next === now) return;
    now = next;
    for (const listener of [...listeners]) listener();
  };

  return {
    now: () => now,
    subscribe(listener) {
      // A function of its own for each: one who subscribes twice leaves twice.
      const own = () => listener();
      listeners.add(own);
      ear ??= new Ear(options, sightings, tell);
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        ear?.close();
        ear = undefined;
      };
    },
  };
}

/** Listens from its making to `close`; opens the radio, however often that takes. */
class Ear {
  problem: BenchError | undefined;
  /** Monotonic, ms; undefined while nothing can be heard. */
  listensSinceMs: number | undefined;
  readonly #options: HeardListOptions;
  readonly #sightings: Sightings;
  readonly #tell: () => void;
  #endings: (() => void)[] = [];
  #cancelTick = () => {};
  #cancelRetry = () => {};
  #isClosed = false;

  constructor(options: HeardListOptions, sightings: Sightings, tell: () => void) {
    this.#options = options;
    this.#sightings = sightings;
    this.#tell = tell;
    this.#tick();
    void this.#open();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTick();
    this.#cancelRetry();
    for (const end of this.#endings.splice(0)) end();
  }

  #tick(): void {
    this.#cancelTick = this.#options.clock.after(TELL_MS, () => {
      this.#tell();
      this.#tick();
    });
  }

  async #open(): Promise<void> {
    try {
      const radio = await this.#options.openRadio();
      if (!this.#isClosed) this.#follow(radio);
    } catch (error) {
      if (this.#isClosed) return;
      this.problem = toBenchError(error);
      this.#cancelRetry = this.#options.clock.after(TRY_AGAIN_MS, () => void this.#open());
      this.#tell();
    }
  }

  #follow(radio: BleRadio): void {
    const lookWhetherOff = () => {
      this.problem = radio.offBecause;
      this.listensSinceMs = this.problem === undefined ? this.#options.clock.monotonicMs() : undefined;
      this.#tell();
    };
    let known = this.#sightings.units().length;
    this.#endings.push(
      radio.onOffChange(lookWhetherOff),
      radio.listen((advertisement) => {
        if (this.#sightings.hear(advertisement) === undefined) return;
        const count = this.#sightings.units().length;
        if (count !== known) this.#tell();
        known = count;
      }),
    );
    lookWhetherOff();
  }
}

/** The same object where nothing changed, and the same units in it. */
function heardNow(
  before: HeardNow,
  units: readonly HeardUnit[],
  nowMs: number,
  ear: Ear | undefined,
): HeardNow {
  const { problem, listensSinceMs } = ear ?? {};
  const known = new Map(before.units.map((unit) => [unit.address, unit]));
  const views = units.map((unit) => same(known.get(unit.address), heardView(unit, nowMs)));
  const isSame = views.length === before.units.length && views.every((view, at) => view === before.units[at]);
  return same(before, {
    units: isSame ? before.units : views,
    ...(problem && { problem: `${problem.message} ${problem.advice}` }),
    listenedSeconds: listensSinceMs === undefined ? 0 : Math.floor((nowMs - listensSinceMs) / 1000),
  });
}

function heardView(unit: HeardUnit, nowMs: number): HeardView {
  const { address, mac, name, model, firmware, firmwareVersion, bound, batteryPercent, rssiDbm } = unit;
  return {
    address,
    ...(mac !== undefined && { mac }),
    // A link names a unit by its MAC, which some systems hide: there it cannot be reached by what it sends of itself.
    ...(mac === address && { link: `ble:${mac}` }),
    ...(name !== undefined && { name }),
    ...(model !== undefined && { model }),
    ...(firmware && { firmware: [firmware.text, firmwareVersion].filter(Boolean).join(' ') }),
    ...(bound !== undefined && { bound }),
    ...(batteryPercent !== undefined && { batteryPercent }),
    rssiDbm,
    ageSeconds: Math.floor(ageMs(unit, nowMs) / 1000),
  };
}

/** `before` where `after` says the same. */
function same<T extends object>(before: T | undefined, after: T): T {
  if (before === undefined) return after;
  const keys = Object.keys(after) as (keyof T)[];
  const isSame =
    keys.length === Object.keys(before).length && keys.every((key) => before[key] === after[key]);
  return isSame ? before : after;
}
