import { jsonPage, textPage, type PageReply, type PageRequest } from '../../plug/http/pages.ts';
import { plainMac } from '../models.ts';
import { isTree, parseTree, settingAt, textAt, type Tree } from '../mongoose/settings.ts';
import type { TakeoverRun } from './takeover-run.ts';

/** `Sys.Reboot` and a reboot after `Config.Set` wait so long, ms. */
const REBOOT_MS = 200;

/** `/rpc/NAME` of the Mongoose libraries the intermediate links: configuration and system (reference 1.5). */
export async function answerRpc(run: TakeoverRun, method: string, request: PageRequest): Promise<PageReply> {
  const given = parseTree(Buffer.from(request.body).toString() || '{}');
  // A frame as it goes over any transport, or the arguments alone.
  const args = method === '' ? settingAt(given, 'args') : given;
  const name = method === '' ? textAt(given, 'method') : method;
  return callRpc(run, name, isTree(args) ? args : {});
}

async function callRpc(run: TakeoverRun, method: string, args: Tree): Promise<PageReply> {
  switch (method) {
    case 'Config.Get': {
      const key = textAt(args, 'key');
      const value = key === '' ? run.config() : settingAt(run.config(), key);
      return value === undefined ? failed(404, `${key} not found`) : jsonPage(value);
    }
    case 'Config.Set': {
      const config = settingAt(args, 'config');
      if (!isTree(config)) return failed(400, 'Bad args');
      await run.configure(config, { save: settingAt(args, 'save') === true });
      const reboots = settingAt(args, 'reboot') === true;
      return jsonPage({ saved: settingAt(args, 'save') === true }, reboots ? () => reboot(run) : undefined);
    }
    case 'Sys.Reboot':
      return jsonPage(null, () => reboot(run));
    case 'Sys.GetInfo':
      return jsonPage(infoOf(run));
    case 'RPC.List':
      return jsonPage(['Config.Get', 'Config.Set', 'RPC.List', 'Sys.GetInfo', 'Sys.Reboot']);
    default:
      return failed(404, `No handler for ${method}`);
  }
}

const reboot = (run: TakeoverRun): void => void run.plug.wait(REBOOT_MS).then(() => run.plug.restart());

const failed = (error: number, message: string): PageReply => ({
  ...textPage(error, JSON.stringify({ error, message })),
  type: 'application/json',
});

const infoOf = (run: TakeoverRun) => ({
  id: run.id,
  app: run.model.app,
  fw_version: '0.4.6',
  fw_id: '20211215-093000/0.4.6',
  mg_version: '2.20.0',
  mac: plainMac(run.plug.chip.mac),
  arch: 'esp8266',
  uptime: Math.floor(run.plug.uptimeMs() / 1000),
  ram_size: 52_896,
  ram_free: 36_592,
  fs_size: 233_681,
  fs_free: 162_899,
  wifi: {
    sta_ip: run.address ?? '',
    ap_ip: '',
    status: run.address == null ? 'disconnected' : 'got ip',
    ssid: run.network ?? '',
  },
});
