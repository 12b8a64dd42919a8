import type { FirmwareRun, RunningPlug } from '../plug-firmware.ts';
import type { HaaApp } from './app-image.ts';
import { SLOT_0, SLOT_1, SLOT_BYTES } from './layout.ts';
import { MirrorClient, type Sink, type UpdateServer } from './mirror-client.ts';
import { openPortal } from './portal.ts';
import { KEY, Settings } from './settings.ts';
import { isSigned, keysIn, practicePublicKey, SIGNATURE_BYTES } from './signatures.ts';
import { UdpLog } from './udp-log.ts';

/** Waits of HAA_Installer main.c, setup.c and ota.c, ms. */
const JOIN_LIMIT_MS = 240_000;
const AFTER_JOIN_MS = 1_000;
const BEFORE_WORK_MS = 2_000;
const REBOOT_MS = 1_000;
const HANG_LIMIT_MS = 2_000_000;
const MOST_PARTS = 5;
const VERSION_BYTES = 15;
/** A turn of an installer that found nothing new is over in a minute or so; unpaced it takes at least this long, ms. */
const NOTHING_NEW_MS = 1_000;

const VENDOR: UpdateServer = {
  repository: 'github.com/RavenSystem/haa/releases/latest/download',
  port: 443,
  ssl: true,
};

/** Setup modes as they lie in the settings: the portal that goes away by itself is mode 1. */
export const SETUP = { off: 0, untilTimeout: 1, scriptError: 2, asked: 3 } as const;

/**
 * HAABOOT and OTAMAIN: the portal, or the way to the update server and from one slot to the other. What it does when
 * a file is missing decides whether a unit can be reached again: HAABOOT goes back to its portal; OTAMAIN starts
 * HAABOOT, which starts OTAMAIN, round and round, until the network is gone for 240 s.
 *
 * Images must be signed by a key that stands in the installer. So that a real HAABOOT can be practised with, the
 * practice key is taken as well.
 */
export function runInstaller(plug: RunningPlug, app: HaaApp): FirmwareRun {
  const stopping = new AbortController();
  const installer = new Installer(plug, app, stopping.signal);
  const cancelWatchdog = plug.clock.after(HANG_LIMIT_MS, () => {
    if (installer.isDownloading) plug.restart('watchdog');
  });
  installer.run().catch((error: unknown) => {
    if (!stopping.signal.aborted) plug.log(`model fails: ${String(error)}`);
  });
  return {
    stop() {
      cancelWatchdog();
      stopping.abort(new Error('stopped'));
      installer.close();
    },
  };
}

class Installer {
  isDownloading = false;
  private readonly plug: RunningPlug;
  private readonly app: HaaApp;
  private readonly signal: AbortSignal;
  private readonly settings: Settings;
  private readonly log: UdpLog;
  private closePortal: (() => void) | undefined;

  constructor(plug: RunningPlug, app: HaaApp, signal: AbortSignal) {
    this.plug = plug;
    this.app = app;
    this.signal = signal;
    this.settings = new Settings(plug);
    this.log = new UdpLog(plug, { mark: 'installer' });
  }

  async run(): Promise<void> {
    const { plug, settings, app, signal } = this;
    const ssid = settings.text(KEY.ssid);
    const mode = ssid == null ? SETUP.asked : (settings.number(KEY.setupMode) ?? SETUP.asked);
    plug.log(`${app.part} ${app.version} starts ${mode === SETUP.off ? 'to install' : 'its portal'}`);
    if (ssid == null || mode !== SETUP.off) {
      this.closePortal = openPortal(plug, settings, {
        pages: app.hasOldForm ? 'old-installer' : app.part,
        version: app.version,
        leavesByItself: mode === SETUP.untilTimeout,
        onceSlot: app.part === 'otamain' ? 1 : undefined,
      });
      await settings.set({ [KEY.setupMode]: SETUP.off });
      return;
    }
    // If it does not come further than this, the next start is the portal.
    await settings.set({ [KEY.setupMode]: SETUP.untilTimeout });
    const address = await plug.wifi.join(ssid, settings.text(KEY.password) ?? '', {
      newAddress: plug.fault('new-address'),
    });
    if (address == null) {
      plug.log('no Wi-Fi');
      await plug.wait(JOIN_LIMIT_MS, signal);
      return this.reboot();
    }
    this.isDownloading = true;
    this.log.joined(address);
    await plug.wait(AFTER_JOIN_MS, signal);
    const server = this.updateServer();
    this.log.line(`HAA Installer ${app.version}`);
    this.log.line(`REPO http${server.ssl ? 's' : ''}://${server.repository} ${server.port}`);
    this.log.line(`**** ${app.part.toUpperCase()}`);
    if (app.part === 'haaboot') await settings.set({ [KEY.mainVersion]: undefined });
    await plug.wait(BEFORE_WORK_MS, signal);
    await settings.set({ [KEY.setupMode]: SETUP.off, [KEY.installerVersion]: app.version });
    const client = new MirrorClient(plug, this.log, server, signal);
    if (app.part === 'haaboot') await this.installSecond(client);
    else await this.installMain(client);
  }

  close(): void {
    this.closePortal?.();
    this.log.close();
  }

  /** HAABOOT: OTAMAIN into slot 1. */
  private async installSecond(client: MirrorClient): Promise<void> {
    if (await this.install(client, 'otamain.bin', 1)) {
      this.log.line('* OTAMAIN installed');
      return this.reboot(1);
    }
    await this.settings.set({ [KEY.setupMode]: SETUP.untilTimeout });
    return this.reboot();
  }

  /** OTAMAIN: a newer HAABOOT if there is one, else HAA, into slot 0. */
  private async installMain(client: MirrorClient): Promise<void> {
    const installer = await this.version(client, 'otaversion');
    if (installer != null && installer !== this.app.version) {
      if (await this.install(client, 'haaboot.bin', 0)) this.log.line(`* HAABOOT ${installer} installed`);
      return this.reboot();
    }
    this.log.line('HAA Installer no new version found');
    const main = await this.version(client, 'haaversion');
    if (main == null || main === this.settings.text(KEY.mainVersion)) {
      this.log.line('HAAMAIN no new version found');
      await this.plug.clock.sleep(NOTHING_NEW_MS, this.signal);
      return this.reboot();
    }
    if (await this.install(client, 'haamain.bin', 0)) {
      const number = (this.settings.number(KEY.configNumber) ?? 0) + 1;
      await this.settings.set({ [KEY.mainVersion]: main, [KEY.configNumber]: number > 65_535 ? 1 : number });
      this.log.line(`* HAAMAIN ${main} installed`);
    } else await this.plug.clock.sleep(NOTHING_NEW_MS, this.signal);
    return this.reboot();
  }

  /** The first byte is written last, once the signature is right. */
  private async install(client: MirrorClient, name: string, slot: 0 | 1): Promise<boolean> {
    const file = this.plug.fault('mirror-404') ? `renamed-${name}` : name;
    const start = slot === 0 ? SLOT_0 : SLOT_1;
    let collected = 0;
    let firstByte = 0xff;
    const image: Sink = {
      mostBytes: SLOT_BYTES[slot],
      inMemory: false,
      put: (offset, bytes) => {
        const written = bytes.slice();
        if (offset === 0) {
          firstByte = written[0] ?? 0xff;
          written[0] = 0xff;
        }
        return this.plug.write(start + offset, written);
      },
    };
    for (let part = 0; part < MOST_PARTS; part++) {
      this.log.line('>>> Get sign');
      const signature = await this.inMemory(client, `${file}.sec`, SIGNATURE_BYTES);
      if (typeof signature === 'number') {
        this.log.line(`! ${label(name)} sign ${signature}`);
        return false;
      }
      const result = await client.download(file, image, collected);
      collected = result.collected;
      if (result.code < 0) {
        this.log.line(`! Installing ${label(name)} ${result.code}`);
        return false;
      }
      if (result.code > 0) continue;
      if (!this.isRight(start, collected, firstByte, signature)) return false;
      await this.plug.write(start, Uint8Array.of(firstByte));
      this.plug.settle();
      return true;
    }
    return false;
  }

  private isRight(start: number, length: number, firstByte: number, signature: Uint8Array): boolean {
    const image = this.plug.flash.slice(start, start + length);
    image[0] = firstByte;
    const keys = [...keysIn(this.app.bytes), practicePublicKey];
    const right = !this.plug.fault('sec-mismatch') && length > 0 && isSigned(image, signature, keys);
    this.log.line(`>>> ${right ? 'OK' : 'ERROR'}`);
    return right;
  }

  /** The code where it could not be had. */
  private async inMemory(
    client: MirrorClient,
    file: string,
    mostBytes: number,
  ): Promise<Uint8Array | number> {
    const content = new Uint8Array(mostBytes);
    const sink: Sink = {
      mostBytes,
      inMemory: true,
      put: async (offset, bytes) => content.set(bytes, offset),
    };
    const { code, collected } = await client.download(file, sink);
    return code === 0 ? content.subarray(0, collected) : code;
  }

  private async version(client: MirrorClient, file: string): Promise<string | undefined> {
    const bytes = await this.inMemory(client, file, VERSION_BYTES);
    return typeof bytes === 'number' ? undefined : Buffer.from(bytes).toString('latin1');
  }

  private updateServer(): UpdateServer {
    const repository = this.settings.text(KEY.server);
    if (repository == null || repository === '') return VENDOR;
    const port = this.settings.number(KEY.port) ?? 0;
    return {
      repository,
      port: port > 0 && port <= 65_535 ? port : VENDOR.port,
      ssl: this.settings.number(KEY.ssl) !== 0,
    };
  }

  private async reboot(onceSlot?: 1): Promise<void> {
    this.log.line('*** REBOOTING');
    this.log.flush();
    await this.plug.wait(REBOOT_MS, this.signal);
    this.plug.rtc.rbootOnceSlot = onceSlot;
    this.plug.restart();
  }
}

const label = (file: string): string => file.replace(/\.bin$/, '').toUpperCase();
