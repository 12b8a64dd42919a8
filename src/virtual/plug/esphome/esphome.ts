import { macTail } from '../mac-text.ts';
import type { Socket } from 'node:net';
import { sketchIn, type Sketch } from '../arduino/sketch.ts';
import { getsNewAddress, restartInto, startsAfterUpdate } from '../arduino/update-faults.ts';
import { UpdateSink } from '../arduino/update-sink.ts';
import { serveWeb, type WebCall } from '../arduino/web-server.ts';
import type { FirmwareRun, PlugFirmware, RunningPlug } from '../plug-firmware.ts';
import { espHomeIn, type EspHomeConfig } from './config.ts';
import { serveOta } from './ota-port.ts';

const OTA_PORT = 8266;
const API_PORT = 6053;
const WEB_PORT = 80;
const AP_ADDRESS = '192.168.4.1';
/** Between the last answer and the restart, ms. */
const RESTART_AFTER_MS = 1000;

/** ESPHome on an ESP8266: update port, web server with its update page, mDNS. Its API takes no connection here. */
export const esphome: PlugFirmware = {
  name: 'esphome',
  recognizes(flash, chip) {
    const sketch = sketchIn(flash, chip);
    return sketch != null && espHomeIn(sketch.app) != null;
  },
  start(plug) {
    const sketch = sketchIn(plug.flash, plug.chip)!;
    const { version, config } = espHomeIn(sketch.app)!;
    return new EspHomeRun(plug, sketch, version, config);
  },
};

class EspHomeRun implements FirmwareRun {
  private readonly plug: RunningPlug;
  private readonly sketch: Sketch;
  private readonly version: string;
  private readonly config: EspHomeConfig;
  private readonly stopping = new AbortController();
  private isUpdating = false;

  constructor(plug: RunningPlug, sketch: Sketch, version: string, config: EspHomeConfig) {
    this.plug = plug;
    this.sketch = sketch;
    this.version = version;
    this.config = config;
    plug.log(`ESPHome ${version} starts as ${config.name}`);
    this.run().catch((error: unknown) => {
      if (!this.stopping.signal.aborted) plug.log(`it hangs: ${String(error)}`);
    });
  }

  stop(): void {
    this.stopping.abort();
  }

  private async run(): Promise<void> {
    const { plug, config } = this;
    const { signal } = this.stopping;
    if (!(await startsAfterUpdate(plug, signal))) return;
    const newAddress = getsNewAddress(plug);
    const address = await plug.wifi.join(config.ssid, config.password, { newAddress });
    signal.throwIfAborted();
    if (address == null) {
      plug.wifi.openAccessPoint({ ssid: `${config.name} Fallback Hotspot`, address: AP_ADDRESS });
      plug.log(`the network "${config.ssid}" does not take it: its fallback access point is open`);
    } else this.announce();
    const web = serveWeb(plug, WEB_PORT, (call) => this.answer(call));
    const ota = plug.wifi.serve(OTA_PORT, (socket) => void this.update(socket));
    signal.addEventListener(
      'abort',
      () => {
        web.close();
        ota.close();
      },
      { once: true },
    );
  }

  private announce(): void {
    const { plug, config, version } = this;
    plug.wifi.announce([
      {
        type: '_esphomelib._tcp',
        name: config.name,
        hostName: `${config.name}.local`,
        port: API_PORT,
        txt: {
          version,
          mac: plug.chip.mac.replaceAll(':', ''),
          platform: 'ESP8266',
          board: 'esp01_1m',
          friendly_name: `${config.name} ${macTail(plug.chip.mac)}`,
        },
      },
    ]);
  }

  /** One client at a time: another one is turned away while an update runs. */
  private async update(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (this.isUpdating) return void socket.destroy();
    this.isUpdating = true;
    try {
      if (await serveOta(socket, this.plug, this.sketch, this.config)) await this.restartSoon();
    } finally {
      this.isUpdating = false;
    }
  }

  private async answer(call: WebCall): Promise<void> {
    if (call.path === '/') {
      const title = `<title>${this.config.name}</title>`;
      return call.reply(200, 'text/html', `<!DOCTYPE html><html><head>${title}</head><body></body></html>`);
    }
    if (call.path !== '/update' || call.method !== 'POST') return call.reply(404, 'text/plain', 'Not Found');
    const sink = new UpdateSink(this.plug, this.sketch);
    try {
      await call.files(sink);
    } catch {
      return call.reset();
    }
    const { errorText } = sink;
    if (errorText != null) return call.reply(200, 'text/plain', `Update Failed: ${errorText}`);
    await call.reply(200, 'text/plain', 'Update Successful!');
    return this.restartSoon();
  }

  private async restartSoon(): Promise<void> {
    await this.plug.wait(RESTART_AFTER_MS, this.stopping.signal).catch(() => {});
    if (!this.stopping.signal.aborted) await restartInto(this.plug);
  }
}
