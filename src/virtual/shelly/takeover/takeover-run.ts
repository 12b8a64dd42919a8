import { hex } from '../../bytes.ts';
import { findRbootConfig, rbootConfigSector } from '../../plug/boot/rboot-config.ts';
import { servePages, textPage, type PageReply, type PageRequest } from '../../plug/http/pages.ts';
import type { FirmwareRun, RunningPlug } from '../../plug/plug-firmware.ts';
import { runningSlot, textOfBytes } from '../images/firmware-text.ts';
import { mountNewFiles } from '../mongoose/first-boot.ts';
import { filesAt, merged, readSettings, textAt, writeSettings, type Tree } from '../mongoose/settings.ts';
import { PLUG_S, SHELLY_MODELS, shellyId, shellyModel, type ShellyModel } from '../models.ts';
import { blockCopy } from './move-down.ts';
import { answerRpc } from './rpc.ts';
import { downloadTarget } from './target-download.ts';
import { defaultsOf, targetUrlOf, urlInSettings } from './target-url.ts';
import { answerUpdate } from './upload-page.ts';

/** A second network it tries as a station; it opens none (reference 2.1). */
const RECOVERY = { ssid: 'mgos-recover', password: 'RJoPuKC3u5' } as const;
/** Until it gives a network up, ms. */
const CONNECT_LIMIT_MS = 30_000;
/** After the copy of the first start, ms. */
const RESTART_MS = 200;
/** A firmware that hangs is ended by its watchdog after so long, ms. */
const WATCHDOG_MS = 8000;

/** The intermediate of mgos-to-tasmota while it runs. */
export class TakeoverRun implements FirmwareRun {
  readonly plug: RunningPlug;
  readonly model: ShellyModel;
  readonly id: string;
  address: string | undefined;
  /** SSID of the network it is on. */
  network: string | undefined;
  isUpdating = false;
  private readonly places: { aside: number; running: number; bootConfigOffset: number };
  private settings: Tree = {};
  private server: { close(): void } | undefined;
  private isStopped = false;

  constructor(plug: RunningPlug) {
    this.plug = plug;
    const found = findRbootConfig(plug.flash)!;
    const slot = runningSlot(plug.flash)!;
    this.model = builtFor(slot.firmware) ?? shellyModel(plug.chip.model) ?? PLUG_S;
    this.id = shellyId(this.model, plug.chip.mac);
    this.places = {
      aside: found.config.slots[0]!.firmwareOffset,
      running: found.config.slots[found.config.current]!.firmwareOffset,
      bootConfigOffset: this.model.bootConfigOffset,
    };
    void this.start();
  }

  stop(): void {
    this.isStopped = true;
    this.server?.close();
  }

  /** Settings as `Config.Get` tells them. */
  config(): Tree {
    const defaults: Tree = {
      device: { id: this.id },
      wifi: {
        ap: { enable: false },
        sta: { enable: true, ssid: '', pass: '' },
        sta1: { enable: true, ssid: RECOVERY.ssid, pass: RECOVERY.password },
      },
      mg2x: { url: this.targetUrl() },
    };
    return merged(defaults, this.settings);
  }

  async configure(over: Tree, { save }: { readonly save: boolean }): Promise<void> {
    this.settings = merged(this.settings, over);
    if (save) await writeSettings(this.plug, this.files, this.settings);
  }

  private get files() {
    return runningSlot(this.plug.flash)!.files;
  }

  private targetUrl(): string {
    const { firmware, files } = runningSlot(this.plug.flash)!;
    const region = this.plug.flash.subarray(files.offset, files.offset + files.bytes);
    return urlInSettings(JSON.stringify(this.settings)) ?? targetUrlOf(firmware, region);
  }

  private async start(): Promise<void> {
    const { plug } = this;
    const { bootConfigOffset } = this.places;
    if (findRbootConfig(plug.flash)?.offset !== bootConfigOffset)
      return plug.die(
        `built for a boot config at 0x${hex(bootConfigOffset)}, where none is: it copies by addresses that are none`,
      );
    if (plug.fault('falls-back')) return this.hang('hangs before it has committed its slot');
    const { files } = runningSlot(plug.flash)!;
    const region = plug.flash.slice(files.offset, files.offset + files.bytes);
    await mountNewFiles(plug, defaultsOf(region));
    if (this.isInFirstSlot()) return this.moveToSecondSlot();
    this.settings = readSettings(plug.flash, this.files);
    this.server = servePages(plug.wifi, 80, (request) => this.answer(request));
    await this.goOnline();
  }

  private async hang(why: string): Promise<void> {
    this.plug.log(why);
    await this.plug.wait(WATCHDOG_MS);
    this.plug.restart('watchdog');
  }

  private isInFirstSlot(): boolean {
    return findRbootConfig(this.plug.flash)?.config.current === 0;
  }

  /** Stage 1: what is put aside later must not overwrite what runs. */
  private async moveToSecondSlot(): Promise<void> {
    const { plug } = this;
    const { offset, config } = findRbootConfig(plug.flash)!;
    const [first, second] = config.slots;
    if (first == null || second == null) return;
    plug.log('booted from the first slot: copies itself to the second');
    await blockCopy(plug, first.firmwareOffset, second.firmwareOffset, first.firmwareBytes);
    await blockCopy(plug, first.filesOffset, second.filesOffset, first.filesBytes);
    const moved = { current: 1, previous: 0, isFirstBoot: true, isUncommitted: true, attempts: 0 };
    await plug.write(offset, rbootConfigSector({ ...config, ...moved }));
    plug.settle();
    await plug.wait(RESTART_MS);
    plug.restart();
  }

  /** Stage 2: the first network that takes it, for as long as it lives. */
  private async goOnline(): Promise<void> {
    const { plug } = this;
    const own = {
      ssid: textAt(this.settings, 'wifi.sta.ssid'),
      password: textAt(this.settings, 'wifi.sta.pass'),
    };
    const loses = plug.fault('recover-network');
    const newAddress = plug.fault('new-address');
    for (let turn = 0; !this.isStopped && this.address == null; turn++) {
      const network = turn % 2 === 0 ? own : RECOVERY;
      const isGone = loses && network === own;
      this.address = isGone
        ? undefined
        : await plug.wifi.join(network.ssid, network.password, { newAddress });
      if (this.address == null) await plug.clock.sleep(CONNECT_LIMIT_MS);
      else this.network = network.ssid;
    }
    if (this.isStopped) return;
    plug.log(`on the network ${this.network} as ${this.address}`);
    if (plug.fault('restarts-in-stage2')) return this.hang('hangs with its listing page open');
    const why = await downloadTarget(plug, this.targetUrl(), this.places);
    plug.log(`stays: ${why}`);
  }

  private async answer(request: PageRequest): Promise<PageReply | undefined> {
    if (this.isStopped) return undefined;
    const { path } = request;
    if (path === '/rpc' || path.startsWith('/rpc/'))
      return answerRpc(this, path.slice('/rpc/'.length), request);
    if (path.startsWith('/update')) return answerUpdate(this, request);
    const files = filesAt(this.plug.flash, this.files);
    if (path === '/') return listing(files);
    const content = files.get(path.slice(1));
    return content == null ? textPage(404, 'Not Found') : textPage(200, content);
  }
}

/** Name of the model a takeover image is built for stands in it; that decides where it thinks the boot config is. */
function builtFor(firmware: Uint8Array): ShellyModel | undefined {
  const text = textOfBytes(firmware);
  return SHELLY_MODELS.find(({ app }) => text.includes(`\0${app}\0`));
}

function listing(files: ReadonlyMap<string, string>): PageReply {
  const rows = [...files].map(
    ([name, content]) =>
      `<tr><td><a href="${name}">${name}</a></td><td>01-Jan-1970 00:00</td><td>${content.length}</td></tr>`,
  );
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body:
      '<!DOCTYPE html><html><head><title>Index of /</title></head><body><h1>Index of /</h1>' +
      '<table cellpadding="0"><thead><tr><th>Name</th><th>Modified</th><th>Size</th></tr></thead><tbody id="tb">' +
      `${rows.join('')}</tbody></table></body></html>`,
  };
}
