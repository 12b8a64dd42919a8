import { expect } from 'vitest';
import type { VirtualCentral, VirtualGattServer } from '../../../src/virtual/air/peripheral.ts';
import { FaultLedger } from '../../../src/virtual/fault-ledger.ts';
import { NorFlash } from '../../../src/virtual/flash-chip/nor-flash.ts';
import { memoryStorage } from '../../../src/virtual/store/storage.ts';
import type { RunningFirmware, ThermometerBody } from '../../../src/virtual/thermometer/body.ts';
import { THERMOMETER_FAULTS } from '../../../src/virtual/thermometer/faults.ts';
import { startFirmware } from '../../../src/virtual/thermometer/firmware/start-firmware.ts';
import { factoryFlash, THERMOMETER_STATES } from '../../../src/virtual/thermometer/images/factory-flash.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

interface TestUnitOptions {
  readonly state?: string;
  readonly unit?: number;
  readonly faults?: readonly string[];
  readonly paced?: boolean;
  /** Content of flash instead of that of the state. */
  readonly flash?: Uint8Array;
}

/** A thermometer without the chip around its firmware: flash, battery, clock, and the restart. */
export class TestUnit implements ThermometerBody {
  readonly clock = new ManualClock();
  readonly unit: number;
  readonly flash: NorFlash;
  readonly faults: FaultLedger;
  readonly paced: boolean;
  readonly logged: string[] = [];
  batteryPercent = 90;
  restarts = 0;
  running: RunningFirmware;

  constructor({
    state = 'stock-1.0.0_0130',
    unit = 1,
    faults = [],
    paced = false,
    flash,
  }: TestUnitOptions = {}) {
    this.unit = unit;
    this.paced = paced;
    this.faults = new FaultLedger(faults, THERMOMETER_FAULTS, new Set());
    const content =
      flash ??
      factoryFlash(
        THERMOMETER_STATES.find(({ name }) => name === state)!,
        unit,
      );
    this.flash = new NorFlash(content, [0xc8, 0x60, 0x13], memoryStorage());
    this.running = startFirmware(this);
  }

  restart(): void {
    this.restarts += 1;
    this.powerCycle();
  }

  /** Battery out, battery in. */
  powerCycle(): void {
    this.running.stop();
    this.running = startFirmware(this);
  }

  log(text: string): void {
    this.logged.push(text);
  }

  /** The next advertisement that is sent: name and service data by UUID, as hex. */
  heard(): {
    readonly name: string | undefined;
    readonly data: Record<string, string>;
    readonly intervalMs: number;
  } {
    const sent = this.running.peripheral?.advertisement();
    if (sent == null) throw new Error('it is silent');
    return {
      name: sent.localName,
      data: Object.fromEntries(sent.serviceData.map(({ uuid, data }) => [uuid, hexOf(data)])),
      intervalMs: sent.intervalMs,
    };
  }

  connect(): TestCentral {
    const central = new TestCentral(this.clock);
    const server = this.running.peripheral?.accept(central);
    if (server == null) throw new Error('it does not answer');
    central.server = server;
    return central;
  }

  async restarted(count = 1): Promise<void> {
    await this.clock.until(() => this.restarts >= count);
  }
}

/** The other end of a connection. */
export class TestCentral implements VirtualCentral {
  server!: VirtualGattServer;
  dropped = false;
  private readonly clock: ManualClock;
  private readonly inbox: { readonly uuid: string; readonly hex: string }[] = [];

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  notify(_service: string, uuid: string, bytes: Uint8Array): void {
    this.inbox.push({ uuid, hex: hexOf(bytes) });
  }

  drop(): void {
    this.dropped = true;
    this.server.ended();
  }

  disconnect(): void {
    this.server.ended();
  }

  async write(uuid: string, hex: string, acknowledged = false): Promise<void> {
    await this.server.write(this.serviceOf(uuid), uuid, bytesOf(hex), acknowledged);
  }

  async read(uuid: string): Promise<string | undefined> {
    const bytes = await this.server.read(this.serviceOf(uuid), uuid);
    return bytes == null ? undefined : hexOf(bytes);
  }

  async text(uuid: string): Promise<string> {
    return Buffer.from((await this.read(uuid)) ?? '', 'hex').toString();
  }

  subscribe(uuid: string): void {
    this.server.subscribed(this.serviceOf(uuid), uuid, true);
  }

  /** The next notification of that characteristic; time passes until it comes. */
  async next(uuid: string): Promise<string> {
    const find = () => this.inbox.findIndex((each) => each.uuid === uuid);
    await this.clock.until(() => find() >= 0);
    return this.inbox.splice(find(), 1)[0]!.hex;
  }

  async expects(uuid: string, ...hexes: readonly string[]): Promise<void> {
    for (const hex of hexes) expect(await this.next(uuid)).toBe(hex);
  }

  /** What has come and was not asked for yet. */
  get unread(): readonly string[] {
    return this.inbox.map(({ hex }) => hex);
  }

  get serviceUuids(): readonly string[] {
    return this.server.services.map(({ uuid }) => uuid);
  }

  private serviceOf(uuid: string): string {
    const service = this.server.services.find(({ characteristics }) =>
      characteristics.some((each) => each.uuid === uuid),
    );
    if (service == null) throw new Error(`no characteristic ${uuid}`);
    return service.uuid;
  }
}
