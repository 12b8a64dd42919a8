import { u32, words } from '../../bytes.ts';
import { sketchIn, STAGING_END, type Sketch } from '../arduino/sketch.ts';
import { getsNewAddress, noteStaged, restartInto, startsAfterUpdate } from '../arduino/update-faults.ts';
import { ArduinoUpdater } from '../arduino/updater.ts';
import { serveWeb, type WebServer } from '../arduino/web-server.ts';
import { macTail } from '../mac-text.ts';
import type { FirmwareRun, PlugFirmware, RunningPlug } from '../plug-firmware.ts';
import { tasmotaBuild, type TasmotaBuild } from './build.ts';
import type { TasmotaFault } from './faults.ts';
import { chipNumber, upgradeByUrl } from './ota.ts';
import { TasmotaPages } from './pages.ts';
import { TasmotaSettings } from './settings.ts';
import { practiceMinimal } from './tasmota-images.ts';
import type { TasmotaUnit } from './unit.ts';

const AP_ADDRESS = '192.168.4.1';
const WEB_PORT = 80;
const RESTART_AFTER_MS = 2000;
const UPGRADE_AFTER_MS = 3000;
const CONSOLE_LINES = 200;
/** Of the fault `short-of-space`: a minimal build of 9.2 fits, nothing larger. */
const SHORT_ROOM_BYTES = 0x6_2000;
/** Where quick power cycles are counted, and how long the power must stay on for one not to count, ms. */
const POWER_CYCLES_AT = 0xf_3000;
const POWER_CYCLES_MARK = 0xffa5_5a00;
const POWER_CYCLES_TO_RESET = 7;
const QUICK_CYCLE_MS = 10_000;
/** Button held for so long resets the settings, s. */
const BUTTON_RESET_SECONDS = 40;

/** Tasmota, from 6 on, full or minimal, by the image that stands in flash. */
export const tasmota: PlugFirmware = {
  name: 'tasmota',
  recognizes(flash, chip) {
    const sketch = sketchIn(flash, chip);
    return sketch != null && tasmotaBuild(sketch.app) != null;
  },
  start(plug) {
    const sketch = sketchIn(plug.flash, plug.chip)!;
    return new TasmotaRun(plug, sketch, tasmotaBuild(sketch.app)!);
  },
};

class TasmotaRun implements FirmwareRun, TasmotaUnit {
  readonly plug: RunningPlug;
  readonly build: TasmotaBuild;
  readonly sketch: Sketch;
  readonly settings: TasmotaSettings;
  readonly updater: ArduinoUpdater;
  readonly console: string[] = [];
  readonly webPassword: string | undefined;
  address: string | undefined;
  isManager = false;
  private readonly stopping = new AbortController();
  private readonly pages: TasmotaPages;
  private web: WebServer | undefined;
  private restarts = false;

  constructor(plug: RunningPlug, sketch: Sketch, build: TasmotaBuild) {
    this.plug = plug;
    this.build = build;
    const isShort = !build.isMinimal && this.strikes('short-of-space');
    this.sketch = isShort ? { ...sketch, sizeBytes: STAGING_END - SHORT_ROOM_BYTES } : sketch;
    this.settings = TasmotaSettings.load(plug, build);
    this.updater = new ArduinoUpdater(plug, this.sketch);
    this.pages = new TasmotaPages(this);
    const set = this.settings.text('WebPassword');
    this.webPassword = this.strikes('wrong-password') ? plug.chip.mac : set === '' ? undefined : set;
    plug.log(`Tasmota ${build.version}(${build.variant}) starts`);
    this.run().catch((error: unknown) => {
      if (!this.signal.aborted)
        plug.log(`it hangs: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  get uptimeSeconds(): number {
    return Math.floor(this.plug.uptimeMs() / 1000);
  }

  get hostName(): string {
    const { mac } = this.plug.chip;
    const own = this.settings.text('Hostname');
    if (own !== '' && !own.includes('%')) return own;
    return `tasmota_${macTail(mac)}-${String(chipNumber(mac)).padStart(4, '0')}`;
  }

  print(line: string): void {
    this.console.push(`${new Date(this.plug.clock.now()).toISOString().slice(11, 19)} ${line}`);
    if (this.console.length > CONSOLE_LINES) this.console.shift();
  }

  restartSoon(reset?: number): void {
    void this.restart(RESTART_AFTER_MS, reset);
  }

  restartNow(): void {
    void this.restart(0);
  }

  startUpgrade(): void {
    if (this.strikes('never-fetches')) return;
    this.upgrade().catch(() => {});
  }

  async updateStaged(): Promise<void> {
    const { plug } = this;
    if (plug.rtc.command != null && this.strikes('comes-back-minimal')) {
      const image = practiceMinimal();
      await plug.write(plug.rtc.command.source, image);
      plug.rtc.command = { ...plug.rtc.command, size: image.length };
    }
    noteStaged(plug);
  }

  button(seconds: number): void {
    if (seconds >= BUTTON_RESET_SECONDS) this.restartSoon(1);
  }

  stop(): void {
    if (this.signal.aborted) return;
    this.stopping.abort();
    this.web?.close();
  }

  private async run(): Promise<void> {
    const { plug, settings } = this;
    if (await this.isResetByPowerCycles()) return;
    if (!(await startsAfterUpdate(plug, this.signal))) return;
    settings.bootCount += 1;
    await settings.save();
    await this.connect();
    this.signal.throwIfAborted();
    this.serve();
    if (this.build.isMinimal && plug.rtc.user?.wantsFull === 1 && this.address != null) {
      delete plug.rtc.user.wantsFull;
      this.startUpgrade();
    }
  }

  /** Joins what is set up; where that is nothing or does not work, it opens its own access point. */
  private async connect(): Promise<void> {
    const { settings, plug } = this;
    const newAddress = getsNewAddress(plug);
    for (const index of [1, 2] as const) {
      const ssid = settings.text(`SSId${index}`);
      if (ssid === '') continue;
      this.address = await plug.wifi.join(ssid, settings.text(`Password${index}`), { newAddress });
      this.signal.throwIfAborted();
      if (this.address != null) return;
      plug.log(`the network "${ssid}" does not take it`);
    }
    this.isManager = true;
    plug.wifi.openAccessPoint({ ssid: this.hostName, address: AP_ADDRESS });
    plug.log(`its access point ${this.hostName} is open at ${AP_ADDRESS}`);
  }

  private serve(): void {
    this.web = serveWeb(this.plug, WEB_PORT, (call) => this.pages.answer(call));
  }

  /** While it fetches, its pages do not answer. */
  private async upgrade(): Promise<void> {
    await this.plug.wait(UPGRADE_AFTER_MS, this.signal);
    await this.web?.drain();
    const text = await upgradeByUrl(this);
    this.signal.throwIfAborted();
    this.print(`MQT: stat/${this.settings.text('Topic')}/UPGRADE = {"Upgrade":"${text}"}`);
    if (text.startsWith('Successful')) this.restartSoon();
    else this.serve();
  }

  private async restart(afterMs: number, reset?: number): Promise<void> {
    if (this.restarts) return;
    this.restarts = true;
    try {
      await this.plug.wait(afterMs, this.signal);
      if (reset != null && reset !== 3) await this.settings.reset(reset);
      else await this.settings.save();
    } catch {
      return;
    }
    if (this.signal.aborted) return;
    await restartInto(this.plug);
  }

  /** Seven short times on power in a row reset the settings (not with SetOption65, nor in a minimal build). */
  private async isResetByPowerCycles(): Promise<boolean> {
    const { plug, settings } = this;
    if (this.build.isMinimal || settings.option(65) === 1 || plug.startedBy !== 'power') return false;
    const stored = u32(plug.flash, POWER_CYCLES_AT) - POWER_CYCLES_MARK;
    const count = (stored >= 0 && stored < POWER_CYCLES_TO_RESET ? stored : 0) + 1;
    const write = (value: number) => plug.write(POWER_CYCLES_AT, words(POWER_CYCLES_MARK + value));
    await write(count % POWER_CYCLES_TO_RESET);
    plug.settle();
    if (count === POWER_CYCLES_TO_RESET) {
      plug.log('seven quick power cycles: its settings are reset');
      await settings.reset(1);
      plug.restart();
      return true;
    }
    const cancel = plug.clock.after(QUICK_CYCLE_MS, () => void write(0));
    this.signal.addEventListener('abort', cancel, { once: true });
    return false;
  }

  private strikes(fault: TasmotaFault): boolean {
    return this.plug.fault(fault);
  }
}
