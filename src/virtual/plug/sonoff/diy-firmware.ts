import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FirmwareRun, PlugFirmware, RunningPlug } from '../plug-firmware.ts';
import { diyVersion } from './images.ts';
import { OtaFlash } from './ota-flash.ts';
import { bodyOf, serveHttp } from './serve-http.ts';
import { readSettings, storeSettings, type DiySettings } from './settings.ts';

export const DIY_PORT = 8081;
const ACCESS_POINT = { address: '10.10.7.1', password: '12345678' } as const;
const PAGE_PORT = 80;
/** The least between two requests, ms (protocol 1.4). What a real unit does with a faster one is not told anywhere. */
const PACE_MS = 200;
const WATCH_WIFI_MS = 5_000;
const TXT_PIECE_BYTES = 249;
const DOUT = 3;
const PULSE_STEP_MS = 500;
const LONGEST_PULSE_MS = 36_000_000;

const ERROR = {
  none: 0,
  badJson: 400,
  noSuchUnit: 404,
  badParameter: 422,
  vendorRefuses: 500,
  noVendor: 503,
};

/** `1000a1b2c3`: nothing else of its MAC is told over its interface. */
export const deviceIdOf = (mac: string): string => `1000${mac.slice(-8).replaceAll(':', '')}`;

/** The factory firmware of a Sonoff in DIY mode, with the protocol 1.4 of itead (firmware 3.3) or 2.0. */
export const sonoffDiyFirmware: PlugFirmware = {
  name: 'sonoff-diy',
  recognizes(flash, chip) {
    return diyVersion(flash) != null && !(chip.onlyDout && flash[2] !== DOUT);
  },
  start(plug) {
    const stopping = new AbortController();
    const diy = new Diy(plug, diyVersion(plug.flash)!, stopping.signal);
    diy.run().catch((error: unknown) => {
      if (!stopping.signal.aborted) plug.log(`model fails: ${String(error)}`);
    });
    return { stop: () => stopping.abort(new Error('stopped')) } satisfies FirmwareRun;
  },
};

/** What a call is answered with; undefined: nothing, the connection is ended. */
type Reply = { readonly error: number; readonly data?: object } | undefined;
type Data = Readonly<Record<string, unknown>>;

class Diy {
  private readonly plug: RunningPlug;
  private readonly version: string;
  private readonly signal: AbortSignal;
  private readonly id: string;
  private settings: DiySettings;
  private seq = 1;
  private lastRequestMs = Number.NEGATIVE_INFINITY;
  private readonly ota: OtaFlash;

  private readonly calls: Readonly<Record<string, (data: Data) => Promise<Reply> | Reply>> = {
    info: () => ({ error: ERROR.none, data: this.info() }),
    switch: (data) => this.change(data, ['switch']),
    startup: (data) => this.change(data, ['startup']),
    pulse: (data) => this.change(data, ['pulse', 'pulseWidth']),
    signal_strength: () => ({ error: ERROR.none, data: { signalStrength: this.plug.wifi.rssiDbm } }),
    wifi: (data) => this.changeWifi(data),
    ota_unlock: () => this.unlock(),
    ota_flash: async (data) => ({ error: await this.ota.flash(data, this.settings.otaUnlock) }),
  };

  constructor(plug: RunningPlug, version: string, signal: AbortSignal) {
    this.plug = plug;
    this.version = version;
    this.signal = signal;
    this.id = deviceIdOf(plug.chip.mac);
    this.settings = readSettings(plug.flash);
    this.ota = new OtaFlash(plug, version, signal);
  }

  async run(): Promise<void> {
    const { plug, settings, signal } = this;
    const { ssid } = settings;
    if (ssid == null) return this.openAccessPoint();
    serveHttp(plug, DIY_PORT, signal, (request, response) => this.answer(request, response));
    const newAddress = plug.fault('new-address');
    for (;;) {
      if (!plug.wifi.isOnNetwork) {
        const address = await plug.wifi.join(ssid, settings.password ?? '', { newAddress });
        signal.throwIfAborted();
        if (address != null) {
          plug.log(`DIY mode, firmware ${this.version}`);
          this.announce();
        }
      }
      await plug.clock.sleep(WATCH_WIFI_MS, signal);
    }
  }

  /** The page on which it is told its Wi-Fi; what it looks like is told nowhere, its two fields are ours. */
  private openAccessPoint(): void {
    const { plug, signal } = this;
    plug.wifi.openAccessPoint({ ssid: `ITEAD-${this.id}`, ...ACCESS_POINT });
    serveHttp(plug, PAGE_PORT, signal, async (request, response) => {
      const body = await bodyOf(request);
      response.setHeader('content-type', 'text/html');
      if (request.method !== 'POST')
        return void response.end(
          '<form method="post"><input name="ssid"><input name="password" type="password"></form>',
        );
      const form = new URLSearchParams(body);
      response.end('OK');
      await storeSettings(plug, {
        ...this.settings,
        ssid: form.get('ssid') ?? '',
        password: form.get('password') ?? '',
      });
      plug.settle();
      plug.restart();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const now = this.plug.clock.monotonicMs();
    const isTooFast = now - this.lastRequestMs < PACE_MS;
    this.lastRequestMs = now;
    if (isTooFast) return void request.socket.destroy();
    const name = /^\/zeroconf\/(\w+)$/.exec(request.url ?? '')?.[1];
    const call = name == null ? undefined : this.calls[name];
    const body = await bodyOf(request);
    if (call == null || request.method !== 'POST') return void response.writeHead(404).end();
    const parsed = parseCall(body);
    const reply =
      parsed == null
        ? { error: ERROR.badJson }
        : parsed.deviceid !== '' && parsed.deviceid !== this.id
          ? { error: ERROR.noSuchUnit }
          : await call(parsed.data);
    if (this.signal.aborted) return;
    if (reply == null) return void request.socket.destroy();
    const asText = /^3\.3\./.test(this.version) || this.plug.fault('data-as-string');
    const data = reply.data ?? (asText ? undefined : {});
    const text = JSON.stringify({
      seq: this.seq++,
      error: reply.error,
      ...(data == null ? {} : { data: asText ? JSON.stringify(data) : data }),
    });
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    });
    response.end(text);
  }

  /** The protocol 1.4 tells less. */
  private info(): object {
    const { switch: state, startup, pulse, pulseWidth, ssid, otaUnlock } = this.settings;
    const known = { switch: state, startup, pulse, pulseWidth, ssid, otaUnlock };
    if (/^3\.3\./.test(this.version)) return known;
    return {
      ...known,
      fwVersion: this.version,
      deviceid: this.id,
      bssid: PRACTICE_ROUTER,
      signalStrength: this.plug.wifi.rssiDbm,
    };
  }

  private async change(data: Data, names: readonly string[]): Promise<Reply> {
    const values = Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name)));
    const ok = Object.entries(values).every(([name, value]) => ALLOWED[name]?.(value) === true);
    if (!ok || values[names[0]!] == null) return { error: ERROR.badParameter };
    await this.store({ ...this.settings, ...values });
    return { error: ERROR.none };
  }

  private async changeWifi(data: Data): Promise<Reply> {
    const { ssid, password } = data;
    if (typeof ssid !== 'string' || typeof password !== 'string' || ssid === '')
      return { error: ERROR.badParameter };
    await this.store({ ...this.settings, ssid, password });
    this.plug.clock.after(0, () => this.plug.restart());
    return { error: ERROR.none };
  }

  private async unlock(): Promise<Reply> {
    if (this.plug.fault('unlock-empty')) return undefined;
    if (!this.settings.hasInternet) return { error: ERROR.noVendor };
    if (this.plug.fault('unlock-500')) return { error: ERROR.vendorRefuses };
    await this.store({ ...this.settings, otaUnlock: true });
    return { error: ERROR.none };
  }

  private async store(settings: DiySettings): Promise<void> {
    this.settings = settings;
    await storeSettings(this.plug, settings);
    this.plug.settle();
    this.announce();
  }

  private announce(): void {
    const { switch: state, startup, pulse, pulseWidth, ssid, otaUnlock } = this.settings;
    const data = JSON.stringify({ switch: state, startup, pulse, pulseWidth, ssid, otaUnlock });
    const pieces: Record<string, string> = {};
    for (let at = 0; at < data.length; at += TXT_PIECE_BYTES)
      pieces[`data${at / TXT_PIECE_BYTES + 1}`] = data.slice(at, at + TXT_PIECE_BYTES);
    const name = `eWeLink_${this.id}`;
    this.plug.wifi.announce([
      {
        type: '_ewelink._tcp',
        name,
        hostName: name,
        port: DIY_PORT,
        txt: {
          txtvers: '1',
          id: this.id,
          type: 'diy_plug',
          apivers: '1',
          seq: String(this.seq++),
          ...pieces,
        },
      },
    ]);
  }
}

/** Of the practice LAN, as every unit there sees it. */
const PRACTICE_ROUTER = 'd0:6e:de:00:77:01';

const ALLOWED: Readonly<Record<string, (value: unknown) => boolean>> = {
  switch: (value) => value === 'on' || value === 'off',
  startup: (value) => value === 'on' || value === 'off' || value === 'stay',
  pulse: (value) => value === 'on' || value === 'off',
  pulseWidth: (value) =>
    typeof value === 'number' &&
    value >= PULSE_STEP_MS &&
    value <= LONGEST_PULSE_MS &&
    value % PULSE_STEP_MS === 0,
};

/** Undefined where it is no JSON of a call. */
function parseCall(body: string): { readonly deviceid: string; readonly data: Data } | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (parsed == null || typeof parsed !== 'object') return undefined;
    const { deviceid = '', data = {} } = parsed as { deviceid?: unknown; data?: unknown };
    if (typeof deviceid !== 'string' || data == null || typeof data !== 'object') return undefined;
    return { deviceid, data: data as Data };
  } catch {
    return undefined;
  }
}
