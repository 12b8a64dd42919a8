import type { OperatorAct } from '../../core/operator-act.ts';
import { FaultLedger } from '../fault-ledger.ts';
import type { UnitWifi } from '../lan/lan-port.ts';
import type { NamedChoice, NetworkUnit, NetworkUnitOptions } from '../virtual-device.ts';
import type { PlugChip, PlugFirmware, StartReason } from './plug-firmware.ts';
import { PlugSession, type PlugBody } from './plug-session.ts';

/** A unit that is laid in its place has been on its power for this long already, ms. */
const ON_SINCE_MS = 3_600_000;
/** Port of a page where several ports answer. */
const PAGE_PORT = 80;
const GOOD_SIGNAL_DBM = -52;
const WEAK_SIGNAL_DBM = -88;

/** Faults of a plug whatever runs on it; each device names those it has. */
export const PLUG_FAULTS = {
  weakSignal: { name: 'weak-signal', text: 'it hears its access point at -88 dBm only' },
  justPluggedIn: { name: 'just-plugged-in', text: 'it got its power this very moment' },
} as const satisfies Record<string, NamedChoice>;

export interface PlugUnitParts {
  readonly chip: PlugChip;
  /** The flash; changed in place. */
  readonly cells: Uint8Array;
  readonly firmwares: readonly PlugFirmware[];
  readonly faults: readonly NamedChoice[];
}

/** A plug on its power, on the LAN of one bench. */
export class PlugUnit implements NetworkUnit {
  private readonly radio: UnitWifi;
  private readonly faults: FaultLedger;
  private readonly body: PlugBody;
  private session: PlugSession;
  private isClosed = false;

  constructor({ chip, cells, firmwares, faults }: PlugUnitParts, options: NetworkUnitOptions) {
    const { storage, clock } = options;
    this.faults = new FaultLedger(options.faults, faults, options.struck);
    const rssiDbm = this.faults.has(PLUG_FAULTS.weakSignal.name) ? WEAK_SIGNAL_DBM : GOOD_SIGNAL_DBM;
    this.radio = options.lan.attach({ mac: chip.mac, rssiDbm });
    this.body = {
      chip,
      clock,
      wifi: this.radio,
      cells,
      rtc: {},
      firmwares,
      paced: options.paced,
      touched: (offset, length) => storage.touched(offset, length),
      settle: () => storage.flush(),
      fault: (name) => this.strikes(name),
      log: (text) => options.log?.(text),
      restart: (reason) => this.startAnew(reason),
    };
    const isNew = this.faults.has(PLUG_FAULTS.justPluggedIn.name);
    this.session = new PlugSession(this.body, 'power', isNew ? 0 : ON_SINCE_MS);
    this.session.startFirmware();
  }

  get mac(): string {
    return this.body.chip.mac;
  }

  get at(): { readonly host: string; readonly port: number } | undefined {
    const { host, ports } = this.radio;
    if (host == null) return undefined;
    return { host, port: ports.includes(PAGE_PORT) ? PAGE_PORT : (ports[0] ?? PAGE_PORT) };
  }

  /** Name of the firmware that runs; undefined while it starts, and in a brick. */
  get firmware(): string | undefined {
    return this.session.firmware;
  }

  perform(act: OperatorAct): void {
    if (act !== 'power-cycle' && act !== 'power-into-firmware') return;
    this.body.log('power is away, and comes back');
    delete this.body.rtc.command;
    delete this.body.rtc.user;
    delete this.body.rtc.rbootOnceSlot;
    this.faults.poweredUp();
    this.startAnew('power');
  }

  button(seconds: number): void {
    this.session.button(seconds);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.session.end();
    this.radio.close();
    this.body.settle();
  }

  private startAnew(reason: StartReason): void {
    this.session.end();
    if (this.isClosed) return;
    this.session = new PlugSession(this.body, reason);
    this.session.boot().catch((error: unknown) => this.body.log(`model fails: ${String(error)}`));
  }

  private strikes(name: string): boolean {
    if (!this.faults.strikes(name)) return false;
    this.faults.spend(name);
    return true;
  }
}
