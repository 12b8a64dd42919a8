import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { latin1, textOf } from '../../bytes.ts';
import type { FirmwareRun, RunningPlug } from '../plug-firmware.ts';
import type { HaaApp } from './app-image.ts';
import { SETUP } from './installer.ts';
import { HOMEKIT } from './layout.ts';
import { haaName, lastThreeOfMac } from './mac-name.ts';
import { openPortal, PORTAL_PORT } from './portal.ts';
import { KEY, Settings } from './settings.ts';
import { SocketReader } from '../socket-reader.ts';
import { UdpLog } from './udp-log.ts';

/** Port of the HomeKit server (libs/homekit-rsf/src/server.c). */
export const HOMEKIT_PORT = 5556;
const DISARM_MS = 3_000;
const BEFORE_RESTART_MS = 200;
const REJOIN_MS = 36_000;
const WATCH_WIFI_MS = 3_000;
const ANNOUNCE_SETUP_MS = 3_000;
const MOST_REQUEST_BYTES = 4_096;
const IDLE_MS = 60_000;
/** Log outputs of the script (`c.o`) that go to the network: 4 and above. */
const UDP_OUTPUTS_FROM = 4;
const MAGIC = 'HAP';
const ID_AT = HOMEKIT + 4;
const ID_CHARACTERS = 17;

/**
 * HAA itself. With a script that has accessories it joins Wi-Fi and is there for HomeKit: what a bench hears is
 * `_hap._tcp` under the name HAA-XXXXXX. It has no page then, and logs to the network only where the script says so.
 * Without accessories (an empty script was saved) it restarts into its setup page.
 */
export function runMain(plug: RunningPlug, app: HaaApp): FirmwareRun {
  const stopping = new AbortController();
  const main = new Main(plug, app, stopping.signal);
  main.run().catch((error: unknown) => {
    if (!stopping.signal.aborted) plug.log(`model fails: ${String(error)}`);
  });
  return {
    stop() {
      stopping.abort(new Error('stopped'));
      main.close();
    },
  };
}

interface Script {
  readonly logsToNetwork: boolean;
  readonly category: number;
}

class Main {
  private readonly plug: RunningPlug;
  private readonly app: HaaApp;
  private readonly signal: AbortSignal;
  private readonly settings: Settings;
  private readonly log: UdpLog;
  private readonly closers: (() => void)[] = [];

  constructor(plug: RunningPlug, app: HaaApp, signal: AbortSignal) {
    this.plug = plug;
    this.app = app;
    this.signal = signal;
    this.settings = new Settings(plug);
    this.log = new UdpLog(plug, { mark: 'haamain' });
  }

  async run(): Promise<void> {
    const { plug, settings, signal } = this;
    const ssid = settings.text(KEY.ssid);
    const mode = settings.number(KEY.setupMode) ?? SETUP.untilTimeout;
    if (ssid == null || mode !== SETUP.off) return this.setup(mode);
    await settings.set({ [KEY.setupMode]: SETUP.untilTimeout });
    const script = readScript(settings.text(KEY.script));
    if (script == null) {
      plug.log('HAA has no accessories in its script: it restarts into its setup page');
      await settings.set({ [KEY.setupMode]: SETUP.scriptError });
      await plug.wait(BEFORE_RESTART_MS, signal);
      return plug.restart();
    }
    await plug.wait(DISARM_MS, signal);
    await settings.set({ [KEY.setupMode]: SETUP.off });
    const address = await this.join(ssid);
    plug.log(`HAA ${this.app.version} runs`);
    if (script.logsToNetwork) this.log.joined(address);
    this.log.line(`Home Accessory Architect ${this.app.version}`);
    this.log.line(`SN ${lastThreeOfMac(plug.chip.mac)}-1`);
    await this.homeKit(script.category);
    for (;;) {
      await plug.clock.sleep(WATCH_WIFI_MS, signal);
      if (!plug.wifi.isOnNetwork) await this.join(ssid);
    }
  }

  close(): void {
    for (const close of this.closers) close();
    this.log.close();
  }

  private async join(ssid: string): Promise<string> {
    const { plug, settings, signal } = this;
    const newAddress = plug.fault('new-address');
    for (;;) {
      const address = await plug.wifi.join(ssid, settings.text(KEY.password) ?? '', { newAddress });
      signal.throwIfAborted();
      if (address != null) return address;
      await plug.clock.sleep(REJOIN_MS, signal);
    }
  }

  private async homeKit(category: number): Promise<void> {
    const { plug } = this;
    if (plug.fault('silent-main')) return;
    const id = await this.homeKitId();
    const listener = plug.wifi.serve(HOMEKIT_PORT, (socket) => void this.serveClient(socket));
    this.closers.push(() => listener.close());
    const name = haaName(plug.chip.mac);
    const setupHash = createHash('sha512').update(`JOSE${id}`).digest().subarray(0, 4).toString('base64');
    plug.wifi.announce([
      {
        type: '_hap._tcp',
        name,
        hostName: name,
        port: HOMEKIT_PORT,
        txt: {
          md: 'RavenSystem HAA Merlin',
          pv: '1.1',
          id,
          'c#': String(this.settings.number(KEY.configNumber) ?? 1),
          's#': '1',
          sf: '1',
          ci: String(category),
          sh: setupHash,
        },
      },
    ]);
    this.log.line(`mDNS Name=${name} Port=${HOMEKIT_PORT}`);
  }

  /** Six random bytes, made at the first start; nothing of the MAC is in it. */
  private async homeKitId(): Promise<string> {
    const { plug } = this;
    const stored = plug.flash.subarray(HOMEKIT);
    if (Buffer.from(stored.subarray(0, 3)).toString('latin1') === MAGIC)
      return textOf(plug.flash.subarray(ID_AT, ID_AT + ID_CHARACTERS));
    const random = createHash('sha256').update(`HomeKit ${plug.chip.mac}`).digest('hex').toUpperCase();
    const id = random.slice(0, 12).replace(/(..)(?=.)/g, '$1:');
    await plug.write(HOMEKIT, latin1(`${MAGIC}\0${id}`));
    return id;
  }

  /** Before pairing it answers nobody but to say that there is nothing at a path; pairing itself is not modelled. */
  private async serveClient(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    const reader = new SocketReader(socket, this.plug.clock, this.signal);
    for (;;) {
      const head = await reader.head(MOST_REQUEST_BYTES, IDLE_MS);
      if (head == null) return this.signal.aborted ? undefined : reader.close();
      const path = /^[A-Z]+ ([^ ?]+)/.exec(head)?.[1] ?? '';
      if (!HOMEKIT_PATHS.has(path)) socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    }
  }

  private async setup(mode: number): Promise<void> {
    const { plug, settings, app } = this;
    plug.log(`HAA ${app.version} shows its setup page`);
    this.closers.push(
      openPortal(plug, settings, {
        pages: 'haamain',
        version: app.version,
        leavesByItself: mode === SETUP.untilTimeout,
        onJoined: () => this.announceSetup(),
      }),
    );
    await settings.set({ [KEY.setupMode]: SETUP.off });
  }

  /** On a network its own access point goes, unless it has a password; every three seconds it says its name. */
  private announceSetup(): void {
    const { plug, settings } = this;
    if ((settings.number(KEY.apEnabled) ?? 1) === 0 || settings.text(KEY.apPassword) == null)
      plug.wifi.closeAccessPoint();
    let cancel: (() => void) | undefined;
    const announce = () => {
      plug.wifi.broadcast(PORTAL_PORT, latin1(`${haaName(plug.chip.mac)}\r\n`));
      cancel = plug.clock.after(ANNOUNCE_SETUP_MS, announce);
    };
    announce();
    this.closers.push(() => cancel?.());
  }
}

const HOMEKIT_PATHS = new Set([
  '/accessories',
  '/characteristics',
  '/identify',
  '/pair-setup',
  '/pair-verify',
  '/pairings',
  '/prepare',
]);

/** Undefined without accessories: "a" of the script is empty or missing, or the script is no JSON. */
function readScript(text: string | undefined): Script | undefined {
  let script: unknown;
  try {
    script = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  const accessories = fieldOf(script, 'a');
  if (accessories == null || typeof accessories !== 'object') return undefined;
  if (Object.keys(accessories).length === 0) return undefined;
  const general = fieldOf(script, 'c');
  const output = fieldOf(general, 'o');
  const category = fieldOf(general, 'ct');
  return {
    logsToNetwork: typeof output === 'number' && output >= UDP_OUTPUTS_FROM,
    category: typeof category === 'number' ? category : 1,
  };
}

const fieldOf = (value: unknown, name: string): unknown =>
  value != null && typeof value === 'object' && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined;
