import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '../../../../src/core/clock.ts';
import type { VirtualService, WifiRadio } from '../../../../src/virtual/lan/lan-port.ts';
import type {
  EbootCommand,
  FirmwareRun,
  PlugChip,
  PlugFirmware,
  RunningPlug,
  StartReason,
} from '../../../../src/virtual/plug/plug-firmware.ts';
import { FaultLedger } from '../../../../src/virtual/fault-ledger.ts';

export interface LonePlugOptions {
  readonly firmwares: readonly PlugFirmware[];
  readonly flash: Uint8Array;
  readonly faults?: readonly string[];
  readonly chip?: Partial<PlugChip>;
  /** Networks there are, with their passwords. */
  readonly networks?: Readonly<Record<string, string>>;
}

const ADDRESS = '10.77.0.11';

/**
 * A plug alone on a bench, for tests of one firmware: no pace, a network that is there at once. Its ports stand on
 * loopback ports; `ended` tells why nothing runs any more.
 */
export class LonePlug implements RunningPlug {
  readonly clock = systemClock;
  readonly chip: PlugChip;
  readonly wifi: WifiRadio;
  readonly flash: Uint8Array;
  rtc: { command?: EbootCommand; user?: Record<string, number> } = {};
  startedBy: StartReason = 'power';
  /** Firmware that runs. */
  running: PlugFirmware | undefined;
  ended: string | undefined;
  starts = 0;
  readonly lines: string[] = [];
  /** What it opened and announced. */
  accessPoint: { ssid: string; address: string; password?: string } | undefined;
  services: readonly VirtualService[] = [];
  station: string | undefined;
  readonly datagrams: { port: number; bytes: Uint8Array }[] = [];
  /** Where `host:port` of the practice network really listens. */
  readonly hosts = new Map<string, number>();
  private readonly options: LonePlugOptions;
  private readonly ledger: FaultLedger;
  private readonly servers = new Map<number, Server>();
  private readonly sockets = new Set<Socket>();
  private readonly waiting = new Set<() => void>();
  private run: FirmwareRun | undefined;
  private addresses = 0;
  private startedAtMs = 0;

  constructor(options: LonePlugOptions) {
    this.options = options;
    this.flash = options.flash.slice();
    this.chip = {
      mac: 'a4:cf:12:a1:b2:c3',
      flashBytes: this.flash.length,
      onlyDout: true,
      model: 'practice',
      ...options.chip,
    };
    const table = (options.faults ?? []).map((name) => ({ name: name.replace(/-once$/, ''), text: '' }));
    this.ledger = new FaultLedger(options.faults ?? [], table, new Set());
    this.wifi = this.radio();
    this.start();
  }

  /** Loopback port behind one of the plug's; waits until it listens. */
  async port(number: number): Promise<number> {
    await this.until(() => this.servers.get(number)?.listening === true);
    return (this.servers.get(number)!.address() as AddressInfo).port;
  }

  /** Waits for what this plug does. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended != null && !condition()) throw new Error(`it ended: ${this.ended}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Waits until it has started `count` times. */
  started = (count: number): Promise<void> => this.until(() => this.starts >= count);

  powerCycle(): void {
    this.powerOff();
    this.rtc = {};
    this.ledger.poweredUp();
    this.startedBy = 'power';
    this.start();
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.flash.set(bytes, offset);
  }
  settle(): void {}
  uptimeMs = (): number => performance.now() - this.startedAtMs;

  restart(reason: StartReason = 'restart'): void {
    this.powerOff();
    this.startedBy = reason;
    const { command } = this.rtc;
    if (command != null) {
      let image: Uint8Array = this.flash.slice(command.source, command.source + command.size);
      if (image[0] === 0x1f) image = new Uint8Array(gunzipSync(image));
      this.flash.set(image, command.destination);
      delete this.rtc.command;
    }
    queueMicrotask(() => this.start());
  }

  die(why: string): void {
    this.powerOff();
    this.running = undefined;
    this.ended = why;
    this.changed();
  }

  async wait(_realMs: number, signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }

  fault(name: string): boolean {
    if (!this.ledger.strikes(name)) return false;
    this.ledger.spend(name);
    return true;
  }

  log(text: string): void {
    this.lines.push(text);
    this.changed();
  }

  close(): void {
    this.powerOff();
    this.ended = 'closed';
    for (const socket of this.sockets) socket.destroy();
    this.changed();
  }

  private powerOff(): void {
    this.run?.stop();
    this.run = undefined;
    this.station = undefined;
    this.accessPoint = undefined;
    this.services = [];
    for (const server of this.servers.values()) server.close();
    this.servers.clear();
  }

  private start(): void {
    this.running = this.options.firmwares.find((each) => each.recognizes(this.flash, this.chip));
    if (this.running == null) return this.die('nothing in flash starts');
    this.starts += 1;
    this.startedAtMs = performance.now();
    this.run = this.running.start(this);
    this.changed();
  }

  private changed(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  private radio(): WifiRadio {
    const networks = this.options.networks ?? { 'practice-net': 'practice-key' };
    return {
      rssiDbm: -58,
      isOnNetwork: this.station != null,
      join: async (ssid, password, { newAddress = false } = {}) => {
        if (networks[ssid] == null || networks[ssid] !== password) return undefined;
        if (newAddress) this.addresses += 1;
        this.station = ADDRESS.replace('11', String(11 + this.addresses));
        this.changed();
        return this.station;
      },
      leave: () => void (this.station = undefined),
      openAccessPoint: (point) => {
        this.accessPoint = point;
        this.changed();
      },
      closeAccessPoint: () => void (this.accessPoint = undefined),
      serve: (port, onConnection) => {
        const server = createServer({ noDelay: true }, (socket) => {
          this.sockets.add(socket);
          onConnection(socket);
        });
        server.listen(0, '127.0.0.1', () => this.changed());
        this.servers.set(port, server);
        return {
          close: () => {
            server.close();
            if (this.servers.get(port) === server) this.servers.delete(port);
          },
        };
      },
      connect: (host, port) =>
        new Promise((resolve, reject) => {
          const real = this.hosts.get(`${host}:${port}`);
          if (real == null) return reject(new Error('ENETUNREACH'));
          const socket = connect({ port: real, host: '127.0.0.1' }, () => resolve(socket));
          socket.once('error', reject);
        }),
      broadcast: (port, bytes) => void this.datagrams.push({ port, bytes }),
      onDatagram: () => ({ close: () => {} }),
      announce: (services) => {
        this.services = services;
        this.changed();
      },
      close: () => {},
    };
  }
}
