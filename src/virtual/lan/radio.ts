import { connect, type Socket } from 'node:net';
import type { HostPort } from '../../drivers/http/port.ts';
import { accessPointMac } from './addresses.ts';
import { CLOSED_PORT, type Door } from './doors.ts';
import type { Lan } from './lan.ts';
import type { UnitWifi, VirtualService } from './lan-port.ts';

interface OwnAccessPoint {
  readonly ssid: string;
  readonly address: string;
  readonly password?: string;
}

/** Shortest password that WPA takes. */
const PASSWORD_LEAST = 8;

/** A connection that the network refused, with the code Node gives such errors. */
export class NetworkError extends Error {
  readonly code: string;

  constructor(code: string, host: string, port: number) {
    super(`connect ${code} ${host}:${port}`);
    this.code = code;
  }
}

/**
 * The Wi-Fi of one unit. While it is on no network its connections are held in silence, as those of a unit without
 * power: nobody tells their other ends. Once it is back it knows nothing of them and resets them.
 */
export class UnitRadio implements UnitWifi {
  readonly mac: string;
  readonly rssiDbm: number;
  /** As a station. */
  address: string | undefined;
  /** SSID of the network it is on as a station. */
  joinedTo: string | undefined;
  accessPoint: OwnAccessPoint | undefined;
  services: readonly VirtualService[] = [];
  readonly doors = new Map<number, Door>();
  readonly datagramListeners = new Map<number, Set<(bytes: Uint8Array) => void>>();
  private readonly lan: Lan;
  private readonly live = new Set<Socket>();
  private readonly held = new Set<Socket>();
  private isClosed = false;
  private powerCuts = 0;

  constructor(lan: Lan, mac: string, rssiDbm: number) {
    this.lan = lan;
    this.mac = mac;
    this.rssiDbm = rssiDbm;
  }

  get bssid(): string {
    return accessPointMac(this.mac);
  }

  get host(): string | undefined {
    return this.address ?? this.accessPoint?.address;
  }

  get ports(): readonly number[] {
    return [...this.doors.keys()];
  }

  get isOnNetwork(): boolean {
    return this.address != null;
  }

  get isReachable(): boolean {
    return this.host != null;
  }

  async join(
    ssid: string,
    password: string,
    options: { readonly newAddress?: boolean } = {},
  ): Promise<string | undefined> {
    const takes = ssid !== '' && (password === '' || password.length >= PASSWORD_LEAST);
    // So that whoever finds the unit by its address finds its ports too.
    const { powerCuts } = this;
    await Promise.all([...this.doors.values()].map(({ opened }) => opened));
    if (powerCuts !== this.powerCuts) return undefined;
    if (this.isClosed || !takes || !this.lan.routerIsOn) return undefined;
    this.address = this.lan.leases.addressOf(this.mac, { isNew: options.newAddress === true });
    this.joinedTo = ssid;
    this.resetHeld();
    this.lan.changed();
    return this.address;
  }

  leave(): void {
    if (this.address == null) return;
    this.address = undefined;
    this.joinedTo = undefined;
    this.holdIfAlone();
    this.lan.changed();
  }

  openAccessPoint(point: OwnAccessPoint): void {
    if (this.isClosed) return;
    this.accessPoint = point;
    this.resetHeld();
    this.lan.doorsOf(this.mac).accessPointOpened?.(point.ssid, point.address);
    this.lan.changed();
  }

  closeAccessPoint(): void {
    if (this.accessPoint == null) return;
    this.accessPoint = undefined;
    this.holdIfAlone();
    this.lan.changed();
  }

  serve(port: number, onConnection: (socket: Socket) => void): { close(): void } {
    const door = this.lan.doorsOf(this.mac).open(port, (socket) => {
      socket.on('error', () => socket.destroy());
      if (!this.isReachable) return this.hold(socket);
      this.follow(socket);
      onConnection(socket);
    });
    this.doors.get(port)?.close();
    this.doors.set(port, door);
    this.lan.changed();
    return {
      close: () => {
        door.close();
        if (this.doors.get(port) === door) this.doors.delete(port);
      },
    };
  }

  async connect(host: string, port: number): Promise<Socket> {
    const to = this.isReachable ? await this.lan.routeOfUnit(this, { host, port }) : undefined;
    if (to == null) throw new NetworkError('ENETUNREACH', host, port);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: to.host, port: to.port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', () => socket.destroy());
        this.follow(socket);
        resolve(socket);
      });
    });
  }

  broadcast(port: number, bytes: Uint8Array): void {
    const from = this.host;
    if (from != null) this.lan.deliver(port, bytes, { from, except: this });
  }

  onDatagram(port: number, listener: (bytes: Uint8Array) => void): { close(): void } {
    const listeners = this.datagramListeners.get(port) ?? new Set();
    this.datagramListeners.set(port, listeners);
    listeners.add(listener);
    return { close: () => void listeners.delete(listener) };
  }

  announce(services: readonly VirtualService[]): void {
    this.services = services;
    this.lan.changed();
  }

  /** Where a port of it is really reached; a closed port where nothing listens on it. */
  doorTo(port: number): HostPort {
    return this.doors.get(port)?.at ?? CLOSED_PORT;
  }

  /** The unit has no power or restarts: off every network, and nothing listens or announces any more. */
  powerOff(): void {
    this.powerCuts += 1;
    this.address = undefined;
    this.joinedTo = undefined;
    this.accessPoint = undefined;
    for (const door of this.doors.values()) door.close();
    this.doors.clear();
    this.datagramListeners.clear();
    this.services = [];
    this.holdIfAlone();
    this.lan.changed();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.powerOff();
    this.resetHeld();
    this.lan.detach(this);
  }

  private follow(socket: Socket): void {
    this.live.add(socket);
    socket.once('close', () => {
      this.live.delete(socket);
      this.held.delete(socket);
    });
  }

  private hold(socket: Socket): void {
    socket.pause();
    socket.cork();
    this.held.add(socket);
    socket.once('close', () => this.held.delete(socket));
  }

  private holdIfAlone(): void {
    if (this.isReachable) return;
    for (const socket of this.live) this.hold(socket);
    this.live.clear();
  }

  private resetHeld(): void {
    for (const socket of this.held) socket.resetAndDestroy();
    this.held.clear();
  }
}
