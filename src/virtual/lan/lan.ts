import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { HostPort } from '../../drivers/http/port.ts';
import { isOnLan, LAN, Leases } from './addresses.ts';
import { loopbackDoors, type Doors } from './doors.ts';
import type { VirtualLan } from './lan-port.ts';
import { UnitRadio } from './radio.ts';

export interface LanOptions {
  /** Where the ports of a unit are opened; missing: on free loopback ports. */
  readonly doorsOf?: (mac: string) => Doors;
  /** Datagrams to everybody, for whoever is outside. */
  readonly onBroadcast?: (port: number, bytes: Uint8Array) => void;
}

type DatagramListener = (bytes: Uint8Array, from: string) => void;

/** An access point that the bench's Wi-Fi station is on. */
export interface JoinedUnit {
  readonly radio: UnitRadio;
  readonly address: string;
}

/** The LAN and the air of one practice bench. There is no internet behind its router. */
export class Lan implements VirtualLan {
  readonly leases = new Leases();
  readonly radios = new Set<UnitRadio>();
  /** The bench's Wi-Fi station has joined it. */
  joined: JoinedUnit | undefined;
  private readonly options: LanOptions;
  private readonly watchers = new Set<() => void>();
  private readonly benchListeners = new Map<number, Set<DatagramListener>>();
  private routerOn = true;

  constructor(options: LanOptions = {}) {
    this.options = options;
  }

  attach(unit: { readonly mac: string; readonly rssiDbm: number }): UnitRadio {
    const radio = new UnitRadio(this, unit.mac, unit.rssiDbm);
    this.radios.add(radio);
    return radio;
  }

  detach(radio: UnitRadio): void {
    this.radios.delete(radio);
    this.changed();
  }

  doorsOf(mac: string): Doors {
    return this.options.doorsOf?.(mac) ?? loopbackDoors;
  }

  get routerIsOn(): boolean {
    return this.routerOn;
  }

  /** Somebody switches the Wi-Fi router off or on: every station is off the network then, and can join again. */
  switchRouter(on: boolean): void {
    this.routerOn = on;
    if (!on) for (const radio of this.radios) radio.leave();
    this.changed();
  }

  /** Called when anything on the LAN or the air is another. Returns the unsubscribe function. */
  onChange(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  changed(): void {
    if (this.joined != null && this.joined.radio.accessPoint?.address !== this.joined.address)
      this.joined = undefined;
    for (const watcher of [...this.watchers]) watcher();
  }

  /** The unit that answers to an address, as the bench reaches it: over the LAN, or at the access point it is on. */
  unitAt(host: string): UnitRadio | undefined {
    if (this.joined?.address === host) return this.joined.radio;
    return [...this.radios].find(({ address }) => address === host);
  }

  /** Where a connection of a unit really goes; undefined: nowhere, as if it were the internet. */
  async routeOfUnit(from: UnitRadio, to: HostPort): Promise<HostPort | undefined> {
    if (to.host === from.address || to.host === from.accessPoint?.address) return undefined;
    const onAccessPoint = from.accessPoint != null && to.host === benchAddressAt(from.accessPoint.address);
    if (to.host === LAN.bench || onAccessPoint) return { host: '127.0.0.1', port: to.port };
    if (isOnLan(to.host)) {
      const unit = this.unitAt(to.host);
      await unit?.doors.get(to.port)?.opened;
      return unit?.doorTo(to.port);
    }
    return isThisComputer(to.host) ? to : undefined;
  }

  /** Datagrams to everybody: to the bench and, but for the sender, to every unit. */
  deliver(port: number, bytes: Uint8Array, sender: { from: string; except?: UnitRadio }): void {
    for (const listener of this.benchListeners.get(port) ?? []) listener(bytes, sender.from);
    for (const radio of this.radios) if (radio !== sender.except) deliverTo(radio, port, bytes);
    this.options.onBroadcast?.(port, bytes);
  }

  /** Datagrams to the bench on a port. Returns the unsubscribe function. */
  listenAtBench(port: number, listener: DatagramListener): () => void {
    const listeners = this.benchListeners.get(port) ?? new Set();
    this.benchListeners.set(port, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}

/** The first address that the DHCP server of a unit's access point gives. */
export const benchAddressAt = (accessPoint: string): string => accessPoint.replace(/\.\d+$/, '.2');

export function deliverTo(radio: UnitRadio, port: number, bytes: Uint8Array): void {
  if (radio.isReachable)
    for (const listener of radio.datagramListeners.get(port) ?? []) listener(bytes.slice());
}

function isThisComputer(host: string): boolean {
  if (host === 'localhost' || host.startsWith('127.')) return true;
  if (isIP(host) === 0) return false;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === host),
  );
}
