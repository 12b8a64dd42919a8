import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { systemClock, type Clock } from '../../../../src/core/clock.ts';
import { FaultLedger } from '../../../../src/virtual/fault-ledger.ts';
import type { VirtualService, WifiRadio } from '../../../../src/virtual/lan/lan-port.ts';
import type {
  FirmwareRun,
  PlugChip,
  PlugFirmware,
  RunningPlug,
  StartReason,
} from '../../../../src/virtual/plug/plug-firmware.ts';
import type { NamedChoice } from '../../../../src/virtual/virtual-device.ts';

export const BENCH_HOST = '10.77.0.1';
const UNIT_ADDRESS = '10.77.0.11';

interface FirmwareBenchOptions {
  readonly firmware: PlugFirmware;
  readonly flash: Uint8Array;
  readonly faults?: readonly string[];
  readonly faultTable?: readonly NamedChoice[];
  readonly clock?: Clock;
  readonly mac?: string;
  readonly onlyDout?: boolean;
}

/**
 * A plug without its chip: flash in memory, restarts at once, ports on the loopback interface. The host 10.77.0.1 is
 * this computer, all others cannot be reached.
 */
export class FirmwareBench implements RunningPlug, WifiRadio {
  readonly chip: PlugChip;
  readonly clock: Clock;
  readonly flash: Uint8Array;
  readonly rtc: RunningPlug['rtc'] = {};
  readonly rssiDbm = -60;
  readonly logged: string[] = [];
  readonly datagrams: { readonly port: number; readonly text: string }[] = [];
  readonly joins: { readonly ssid: string; readonly password: string }[] = [];
  services: readonly VirtualService[] = [];
  accessPoint: { readonly ssid: string; readonly address: string; readonly password?: string } | undefined;
  startedBy: StartReason = 'power';
  starts = 0;
  hasNetwork = true;
  /** Writes after this many are lost, as if power had gone. */
  writesLeft = Number.POSITIVE_INFINITY;

  private readonly firmware: PlugFirmware;
  private readonly faults: FaultLedger;
  private readonly servers = new Map<number, Server>();
  private readonly sockets = new Set<Socket>();
  private readonly watchers = new Set<() => void>();
  private running: FirmwareRun | undefined;

  constructor(options: FirmwareBenchOptions) {
    this.firmware = options.firmware;
    this.flash = new Uint8Array(1_048_576).fill(0xff);
    this.flash.set(options.flash);
    this.clock = options.clock ?? systemClock;
    this.chip = {
      mac: options.mac ?? '84:cc:a8:a1:b2:c3',
      flashBytes: this.flash.length,
      onlyDout: options.onlyDout ?? true,
      model: 'practice',
    };
    this.faults = new FaultLedger(options.faults ?? [], options.faultTable ?? [], new Set());
  }

  get wifi(): WifiRadio {
    return this;
  }

  /** Undefined while nothing in flash can be started. */
  get runs(): boolean {
    return this.running != null;
  }

  powerUp(): this {
    this.startedBy = 'power';
    this.start();
    return this;
  }

  powerDown(): void {
    this.halt();
    delete this.rtc.command;
    delete this.rtc.rbootOnceSlot;
    this.faults.poweredUp();
  }

  restart(reason: StartReason = 'restart'): void {
    this.halt();
    this.startedBy = reason;
    this.start();
  }

  die(why: string): void {
    this.log(why);
    this.halt();
    this.flash.fill(0xff, 0, 4096);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.writesLeft-- <= 0) return;
    this.flash.set(bytes, offset);
  }

  settle(): void {}

  uptimeMs(): number {
    return 3_600_000;
  }

  async wait(_realMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
  }

  fault(name: string): boolean {
    const strikes = this.faults.strikes(name);
    if (strikes) this.faults.spend(name);
    return strikes;
  }

  log(text: string): void {
    this.logged.push(text);
    this.changed();
  }

  async join(ssid: string, password: string): Promise<string | undefined> {
    this.joins.push({ ssid, password });
    return this.hasNetwork && (password === '' || password.length >= 8) ? UNIT_ADDRESS : undefined;
  }

  get isOnNetwork(): boolean {
    return this.joins.length > 0 && this.hasNetwork;
  }

  leave(): void {}

  openAccessPoint(point: { readonly ssid: string; readonly address: string; readonly password?: string }) {
    this.accessPoint = point;
    this.changed();
  }

  closeAccessPoint(): void {
    this.accessPoint = undefined;
    this.changed();
  }

  serve(port: number, onConnection: (socket: Socket) => void): { close(): void } {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      onConnection(socket);
    });
    server.listen(0, '127.0.0.1', () => this.changed());
    this.servers.set(port, server);
    return { close: () => this.closeServer(port, server) };
  }

  async connect(host: string, port: number): Promise<Socket> {
    if (host !== BENCH_HOST) throw Object.assign(new Error('no way there'), { code: 'ENETUNREACH' });
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  broadcast(port: number, bytes: Uint8Array): void {
    this.datagrams.push({ port, text: Buffer.from(bytes).toString('latin1') });
    this.changed();
  }

  onDatagram(): { close(): void } {
    return { close() {} };
  }

  announce(services: readonly VirtualService[]): void {
    this.services = services;
    this.changed();
  }

  close(): void {
    this.powerDown();
  }

  /** Resolves as soon as the condition holds; looked at whenever something can be seen from outside. */
  when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  /** The port of this computer behind a port of the unit, as soon as the unit listens there. */
  async portOf(port: number): Promise<number> {
    const listening = () => this.servers.get(port)?.listening === true;
    await this.when(listening);
    return (this.servers.get(port)!.address() as AddressInfo).port;
  }

  listensOn(port: number): boolean {
    return this.servers.has(port);
  }

  private start(): void {
    if (!this.firmware.recognizes(this.flash, this.chip)) return this.log('nothing in flash starts');
    this.starts += 1;
    this.running = this.firmware.start(this);
  }

  private halt(): void {
    this.running?.stop();
    this.running = undefined;
    for (const [port, server] of this.servers) this.closeServer(port, server);
    for (const socket of this.sockets) socket.destroy();
    this.services = [];
    this.accessPoint = undefined;
  }

  private closeServer(port: number, server: Server): void {
    server.close();
    if (this.servers.get(port) === server) this.servers.delete(port);
  }

  private changed(): void {
    for (const look of [...this.watchers]) look();
  }
}
