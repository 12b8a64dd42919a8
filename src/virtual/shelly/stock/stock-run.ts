import { servePages, type PageReply } from '../../plug/http/pages.ts';
import type { FirmwareRun, RunningPlug } from '../../plug/plug-firmware.ts';
import { runningSlot } from '../images/firmware-text.ts';
import { flagAt, merged, readSettings, textAt, writeSettings, type Tree } from '../mongoose/settings.ts';
import { mountNewFiles } from '../mongoose/first-boot.ts';
import { PLUG_S, shellyId, shellyModel, type ShellyModel } from '../models.ts';
import { answerStock } from './pages.ts';
import { StockUpdater } from './updater.ts';

const ACCESS_POINT_ADDRESS = '192.168.33.1';
const PAGE_PORT = 80;
/** Lines that `/debug/log` keeps. */
const LOG_LINES = 200;

/** Stock firmware of a Gen1 Shelly while it runs. */
export class StockRun implements FirmwareRun {
  readonly plug: RunningPlug;
  readonly model: ShellyModel;
  readonly id: string;
  readonly fw: string;
  readonly updater: StockUpdater;
  readonly relays: boolean[];
  settings: Tree = {};
  address: string | undefined;
  isAccessPoint = false;
  /** A fault: a password that nobody knows. */
  readonly isShut: boolean;
  private readonly lines: string[] = [];
  private server: { close(): void } | undefined;
  private isStopped = false;

  constructor(plug: RunningPlug, fw: string) {
    this.plug = plug;
    this.fw = fw;
    this.model = shellyModel(plug.chip.model) ?? PLUG_S;
    this.id = shellyId(this.model, plug.chip.mac);
    this.relays = Array.from({ length: this.model.outputs }, () => false);
    this.isShut = plug.fault('auth-401');
    const log = (text: string) => {
      this.lines.push(text);
      if (this.lines.length > LOG_LINES) this.lines.shift();
      plug.log(text);
    };
    this.updater = new StockUpdater({ plug, log, id: this.id, app: this.model.app, fw });
    void this.start();
  }

  /** Where its settings lie. */
  get place() {
    return runningSlot(this.plug.flash)!.files;
  }

  get debugLog(): string {
    return `${this.lines.join('\n')}\n`;
  }

  stop(): void {
    this.isStopped = true;
    this.server?.close();
  }

  async change(over: Tree): Promise<void> {
    this.settings = merged(this.settings, over);
    await writeSettings(this.plug, this.place, this.settings);
  }

  /** Everything that was set is gone, after which it starts as new. */
  async factoryReset(): Promise<void> {
    await writeSettings(this.plug, this.place, {});
    this.plug.restart();
  }

  /** Onto the network that is set; its own access point is there as long as it is on none. */
  async joinWifi(): Promise<void> {
    const { wifi } = this.plug;
    const isWanted = flagAt(this.settings, 'wifi.sta.enable') && !this.plug.fault('ap-fallback');
    wifi.leave();
    this.address = isWanted
      ? await wifi.join(textAt(this.settings, 'wifi.sta.ssid'), textAt(this.settings, 'wifi.sta.pass'))
      : undefined;
    if (this.isStopped) return;
    this.isAccessPoint = this.address == null;
    if (this.isAccessPoint) {
      wifi.openAccessPoint({ ssid: this.id, address: ACCESS_POINT_ADDRESS });
      this.plug.log(`access point ${this.id} at ${ACCESS_POINT_ADDRESS}`);
    } else {
      wifi.closeAccessPoint();
      this.plug.log(`on the network as ${this.address}`);
    }
  }

  private async start(): Promise<void> {
    await mountNewFiles(this.plug);
    this.settings = readSettings(this.plug.flash, this.place);
    this.server = servePages(this.plug.wifi, PAGE_PORT, (request): Promise<PageReply | undefined> => {
      return this.isStopped ? Promise.resolve(undefined) : answerStock(this, request);
    });
    this.plug.wifi.announce([
      {
        type: '_http._tcp',
        name: this.id,
        hostName: `${this.id}.local`,
        port: PAGE_PORT,
        // The version is a constant on stock firmware; the real one is in fw_id (reference 1.1).
        txt: { id: this.id, arch: 'esp8266', fw_version: '1.0', fw_id: this.fw },
      },
    ]);
    await this.joinWifi();
  }
}
