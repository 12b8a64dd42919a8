import type { Clock } from '../../core/clock.ts';
import type { SerialPortInfo } from './adapter.ts';
import type { PortLister } from './discovery.ts';

/** Soon enough for a person who has just plugged something in. */
const POLL_MS = 1000;

export interface PortChanges {
  readonly added: readonly SerialPortInfo[];
  readonly removed: readonly SerialPortInfo[];
  /** Everything there is now. */
  readonly ports: readonly SerialPortInfo[];
}

/**
 * Calls back with the ports there are at first (even when there is none), then on every plug and unplug, until
 * stopped. A list that cannot be read counts as unchanged.
 */
export function watchPorts(
  lister: PortLister,
  clock: Clock,
  onChange: (changes: PortChanges) => void,
): () => void {
  let before: ReadonlyMap<string, SerialPortInfo> | undefined;
  let stopped = false;
  let cancelNext: () => void = () => undefined;

  const look = async () => {
    const ports = await lister.list().catch(() => undefined);
    if (stopped) return;
    cancelNext = clock.after(POLL_MS, () => void look());
    if (!ports) return;
    const now = new Map(ports.map((port) => [identityOf(port), port]));
    const added = ports.filter((port) => !before?.has(identityOf(port)));
    const removed = [...(before ?? [])].filter(([id]) => !now.has(id)).map(([, port]) => port);
    const first = before == null;
    before = now;
    if (first || added.length > 0 || removed.length > 0) onChange({ added, removed, ports });
  };
  void look();
  return () => {
    stopped = true;
    cancelNext();
  };
}

/** Another adapter under the same path is another port. */
const identityOf = ({ path, key, usb }: SerialPortInfo): string =>
  [path, key, usb?.vendorId, usb?.productId, usb?.serialNumber, usb?.location].join(' ');
