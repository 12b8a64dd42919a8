import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { OperatorAct } from '../../core/operator-act.ts';
import type { ControlLines } from '../../drivers/serial/port.ts';
import type { VirtualAir } from '../air/peripheral.ts';
import type { SerialUnit, VirtualDevice } from '../virtual-device.ts';
import type { LastingStorage } from '../store/storage.ts';
import { Wire } from './wire.ts';

/** Added to a unit's number to name the one that `swapped-unit` puts in its place. */
export const SWAPPED_UNIT_OFFSET = 5000;

/** What a slot remembers between two openings of its port, while the program runs. */
export interface SlotMemory {
  /** Number of the unit that lies in the slot; undefined when the jig is empty. */
  unit: number | undefined;
  /** Units made anew because the link says `fresh`: once per start of the program, a retry finds what the first try left. */
  readonly freshened: Set<number>;
  /** `-once` faults that have struck, by unit. */
  readonly struck: Map<number, Set<string>>;
}

export interface SlotOptions {
  readonly device: VirtualDevice;
  readonly clock: Clock;
  readonly hostBaud: number | undefined;
  readonly paceBaud: number | undefined;
  readonly state: string | undefined;
  readonly wiring: string | undefined;
  readonly card?: string | undefined;
  readonly faultsOf: (unit: number) => readonly string[];
  /** Last unit of a jig; undefined where there is but one. */
  readonly lastUnit: number | undefined;
  readonly memory: SlotMemory;
  readonly storageOf: (unit: number) => LastingStorage;
  readonly air: VirtualAir;
  readonly heard: (bytes: Uint8Array) => void;
  readonly unplug: () => void;
  readonly log?: (text: string) => void;
}

/** One place of the bench: a wire and the unit that lies at its end just now. */
export class Slot {
  readonly wire: Wire;
  unit: SerialUnit;
  private readonly options: SlotOptions;
  private storage: LastingStorage | undefined;

  constructor(options: SlotOptions) {
    this.options = options;
    this.wire = new Wire(
      {
        clock: options.clock,
        paceBaud: options.paceBaud,
        toHost: options.heard,
        toUnit: (bytes, atMs, hostBaud, silenceMs) => this.unit.receive(bytes, atMs, hostBaud, silenceMs),
        unitBaud: () => this.unit.baudRate,
      },
      options.hostBaud,
    );
    this.unit = this.place(options.memory.unit);
  }

  opened(): void {
    this.unit.opened(this.options.clock.monotonicMs());
  }

  perform(act: OperatorAct): void {
    const now = this.options.clock.monotonicMs();
    if (act === 'next-unit') this.presentNext();
    this.unit.perform(act === 'next-unit' ? 'power-into-loader' : act, now);
    // On a busy machine the host might flush its input before the event loop came round to the boot text.
    this.wire.deliverDue();
  }

  private presentNext(): void {
    const { memory, lastUnit } = this.options;
    const next = memory.unit == null || lastUnit == null ? undefined : memory.unit + 1;
    this.replace(next != null && lastUnit != null && next <= lastUnit ? next : undefined);
  }

  setLines(lines: ControlLines): void {
    this.unit.setLines(lines, this.options.clock.monotonicMs());
  }

  close(): void {
    this.unit.close();
    this.wire.close();
    this.storage?.close();
    this.storage = undefined;
  }

  private replace(unit: number | undefined): void {
    this.unit.close();
    this.storage?.close();
    if (this.options.device.emptyPlace == null) this.wire.dropQueued();
    this.options.memory.unit = unit;
    this.unit = this.place(unit);
  }

  private place(number: number | undefined): SerialUnit {
    const { options } = this;
    const wiring = options.wiring != null && { wiring: options.wiring };
    if (number == null) {
      this.storage = undefined;
      return options.device.emptyPlace?.({ ...wiring, wire: this.wire }) ?? NOTHING_THERE;
    }
    const struck = options.memory.struck.get(number) ?? new Set<string>();
    options.memory.struck.set(number, struck);
    const { device } = options;
    if (device.createSerialUnit == null)
      throw new BenchError('LINK_UNKNOWN', {
        message: `virtual:${device.name} has no serial wire; it is reached over the network.`,
      });
    const storage = options.storageOf(number);
    this.storage = storage;
    try {
      return device.createSerialUnit({
        unit: number,
        faults: options.faultsOf(number),
        ...(options.state != null && { state: options.state }),
        ...wiring,
        ...(options.card != null && { card: options.card }),
        paced: options.paceBaud != null,
        clock: options.clock,
        storage,
        wire: this.wire,
        air: options.air,
        struck,
        unplug: options.unplug,
        swap: () => {
          this.replace(number + SWAPPED_UNIT_OFFSET);
          this.unit.perform('power-into-loader', options.clock.monotonicMs());
        },
        ...(options.log && { log: options.log }),
      });
    } catch (error) {
      storage.close();
      throw error;
    }
  }
}

/** An empty jig. */
const NOTHING_THERE: SerialUnit = {
  receive() {},
  perform() {},
  setLines() {},
  hasControlLines: false,
  baudRate: 115_200,
  opened() {},
  close() {},
};
