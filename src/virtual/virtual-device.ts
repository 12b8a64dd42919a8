import type { Clock } from '../core/clock.ts';
import type { OperatorAct } from '../core/operator-act.ts';
import type { ControlLines } from '../drivers/serial/port.ts';
import type { VirtualAir } from './air/peripheral.ts';
import type { VirtualLan } from './lan/lan-port.ts';

/** One choice of a table that the command line prints: a fault, a state or a wiring. */
export interface NamedChoice {
  readonly name: string;
  /** One line, plain words. */
  readonly text: string;
}

export interface Wiring extends NamedChoice {
  /** DTR and RTS are connected to something. */
  readonly hasControlLines?: boolean;
}

/** A kind of virtual device; one entry of the registry. */
export interface VirtualDevice {
  /** As in `virtual:NAME`, lower case. */
  readonly name: string;
  readonly title: string;
  /** Every fault is also known as `NAME-once`: it strikes the first time and the unit is fine after that. */
  readonly faults: readonly NamedChoice[];
  /** What a new or fresh unit is; the first one is the default. */
  readonly states: readonly NamedChoice[];
  /** How it is wired to the adapter; the first one is the default. */
  readonly wirings: readonly Wiring[];
  /** Makes one unit, unpowered. Throws USAGE for an unknown fault, state or wiring. */
  createSerialUnit?(options: SerialUnitOptions): SerialUnit;
  /** Likewise its flash chip on a programmer, which speaks serprog; where it is reached that way. */
  createProgrammerUnit?(options: SerialUnitOptions): SerialUnit;
  /** Likewise the unit on its power, on the network; where it is reached that way. */
  createNetworkUnit?(options: NetworkUnitOptions): NetworkUnit;
  /** Name of another device whose units these are, by another way: both have the same flash. */
  readonly sameUnitsAs?: string;
  /**
   * What answers where no unit lies, if anything does: in some wirings what the host sends comes back without one. What
   * is on its way to the host then survives a change of the unit.
   */
  emptyPlace?(options: EmptyPlaceOptions): SerialUnit;
  /** Images to learn and test with, made here, the same on every machine. */
  practiceImages(): readonly PracticeImage[];
}

export interface EmptyPlaceOptions {
  readonly wiring?: string;
  readonly wire: UnitWire;
}

export interface SerialUnitOptions {
  /** From 1. Decides MAC, Wi-Fi credentials and everything else that is unique to a unit. */
  readonly unit: number;
  readonly faults: readonly string[];
  readonly state?: string;
  readonly wiring?: string;
  /** Paced: the flash takes its time too. */
  readonly paced: boolean;
  readonly clock: Clock;
  readonly storage: UnitStorage;
  /** Where the wire ends; the unit sends through it. */
  readonly wire: UnitWire;
  /** The air of this bench: a unit with a radio puts itself on it. */
  readonly air: VirtualAir;
  /** Which `-once` faults have struck already; kept by the bench so that they outlive the unit. */
  readonly struck: Set<string>;
  /** The link breaks as if the adapter had been pulled out. */
  readonly unplug: () => void;
  /** Another unit takes this one's place in the slot, in its loader. */
  readonly swap: () => void;
  /** One line per thing worth knowing: a reset, a boot. */
  readonly log?: (text: string) => void;
}

export interface NetworkUnitOptions extends Pick<
  SerialUnitOptions,
  'unit' | 'faults' | 'state' | 'wiring' | 'paced' | 'clock' | 'storage' | 'struck' | 'log'
> {
  /** The LAN of this bench. */
  readonly lan: VirtualLan;
}

/** A device on the network: powered as long as it lies in its place. */
export interface NetworkUnit {
  readonly mac: string;
  /** Where its own page, API or updater answers, as the LAN sees it; undefined while it is on no network. */
  readonly at: { readonly host: string; readonly port: number } | undefined;
  /** What the hands do at the bench. */
  perform(act: OperatorAct, atMs: number): void;
  /** Power off, timers ended. Idempotent. */
  close(): void;
}

/** Flash of one unit and where it lasts. */
export interface UnitStorage {
  /** What earlier sessions left; undefined for a new unit. */
  readonly content: Uint8Array | undefined;
  /** Small facts that last with the flash, e.g. in which state the unit was made. */
  readonly notes: Record<string, string | number | boolean>;
  /** Takes over the array that the unit programs in place; called once, before anything else. */
  adopt(content: Uint8Array): void;
  /** Bytes from `offset` have changed. */
  touched(offset: number, length: number): void;
  /** Writes what changed; called at moments after which a client may rely on it. */
  flush(): void;
}

/** How received bytes reach the host: as the unit sent them, in tiny pieces, or late and in lumps. */
export type Delivery = 'as-sent' | 'split' | 'merged';

/** The unit's end of the serial wire. Times are those of `Clock.monotonicMs`, fractions included. */
export interface UnitWire {
  /** Queues bytes, to leave not before `notBeforeMs`, at `baudRate`. Returns when the last one will have left, in ms. */
  send(bytes: Uint8Array, notBeforeMs: number, baudRate: number): number;
  /** Forgets everything that is queued and not yet received: the chip was reset or lost power. */
  dropQueued(): void;
  delivery: Delivery;
}

/** A device behind a serial wire. */
export interface SerialUnit {
  /**
   * Bytes from the host, back to back; `atMs` is when the last of them arrived, `hostBaud` undefined where there is
   * none (raw TCP). `silenceMs`: for how long nothing was sent before them; 0 where no time is modelled.
   */
  receive(bytes: Uint8Array, atMs: number, hostBaud: number | undefined, silenceMs: number): void;
  /** What the hands do at the bench. */
  perform(act: OperatorAct, atMs: number): void;
  /** The host moved DTR or RTS; only in wirings that have them. */
  setLines(lines: ControlLines, atMs: number): void;
  /** False for three wires on a header. */
  readonly hasControlLines: boolean;
  /** Its Bluetooth address, where it has a radio: lower case with colons. */
  readonly radioAddress?: string;
  /** Rate the unit listens at now. */
  readonly baudRate: number;
  /** The port was opened. */
  opened(atMs: number): void;
  /** Ends timers. Idempotent. */
  close(): void;
}

export interface PracticeImage {
  /** File name, e.g. `lamp-esphome.bin`; with a folder before it where several belong together. */
  readonly file: string;
  readonly title: string;
  /** Where it belongs in flash; undefined when the unit's own partition table decides. */
  readonly flashOffset?: number;
  make(): Uint8Array;
}
