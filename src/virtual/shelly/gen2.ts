import { latin1 } from '../bytes.ts';
import { jsonPage, servePages, textPage, type PageReply, type PageRequest } from '../plug/http/pages.ts';
import type { PlugFirmware, RunningPlug } from '../plug/plug-firmware.ts';
import { unitSecrets } from '../esp/images/unit-secrets.ts';
import { plainMac } from './models.ts';

export const GEN2_MODEL = 'SNPL-00112EU';
const MARK = 'practice shelly gen2\0';
const VERSION = '1.3.0';

/** Flash of an ESP32 unit: for what is done here, only that it is one. */
export function gen2Flash(unit: number, bytes: number): Uint8Array {
  const flash = new Uint8Array(bytes).fill(0xff);
  flash.set(latin1(`${MARK}${unitSecrets(unit).ssid}\0${unitSecrets(unit).password}\0`));
  return flash;
}

/** A Plus Plug S: found on the network and told apart, and nothing else is done to it (reference 3). */
export const shellyGen2: PlugFirmware = {
  name: 'shelly-gen2',
  recognizes: (flash, chip) =>
    chip.model === GEN2_MODEL && Buffer.from(flash.subarray(0, MARK.length)).toString('latin1') === MARK,
  start(plug) {
    const id = `shellyplusplugs-${plainMac(plug.chip.mac).toLowerCase()}`;
    const server = servePages(plug.wifi, 80, async (request) => answer(plug, id, request));
    const at = { name: id, hostName: `${id}.local`, port: 80 };
    const txt = { gen: '2', app: 'PlusPlugS', ver: VERSION };
    plug.wifi.announce([
      { type: '_http._tcp', ...at, txt },
      { type: '_shelly._tcp', ...at, txt },
    ]);
    const [ssid = '', password = ''] = Buffer.from(plug.flash.subarray(MARK.length, 256))
      .toString('latin1')
      .split('\0');
    void plug.wifi.join(ssid, password);
    return { stop: () => server.close() };
  },
};

function answer(plug: RunningPlug, id: string, { path, body }: PageRequest): PageReply {
  const info = {
    name: null,
    id,
    mac: plainMac(plug.chip.mac),
    slot: 0,
    model: GEN2_MODEL,
    gen: 2,
    fw_id: `20240425-141453/${VERSION}-gf3fb0e9`,
    ver: VERSION,
    app: 'PlusPlugS',
    auth_en: false,
    auth_domain: null,
  };
  if (path === '/shelly') return jsonPage(info);
  if (path === '/rpc') return answerFrame(plug, info, Buffer.from(body).toString());
  if (path.startsWith('/rpc/')) {
    const result = resultOf(plug, info, path.slice('/rpc/'.length));
    return result == null ? jsonError(404, `No handler for ${path.slice('/rpc/'.length)}`) : jsonPage(result);
  }
  return textPage(404, 'Not Found');
}

function answerFrame(plug: RunningPlug, info: { readonly id: string }, text: string): PageReply {
  try {
    const { id, method } = JSON.parse(text) as { id?: number; method?: string };
    const result = resultOf(plug, info, method ?? '');
    const outcome =
      result == null ? { error: { code: 404, message: `No handler for ${method}` } } : { result };
    return jsonPage({ id: id ?? null, src: info.id, ...outcome });
  } catch {
    return jsonError(400, 'Invalid frame');
  }
}

function resultOf(plug: RunningPlug, info: object, method: string): object | undefined {
  if (method === 'Shelly.GetDeviceInfo') return info;
  if (method === 'Shelly.GetStatus')
    return {
      sys: { uptime: Math.floor(plug.uptimeMs() / 1000), available_updates: {} },
      wifi: { rssi: plug.wifi.rssiDbm, status: 'got ip' },
    };
  return undefined;
}

const jsonError = (code: number, message: string): PageReply => ({
  status: code,
  type: 'application/json',
  body: JSON.stringify({ code, message }),
});
