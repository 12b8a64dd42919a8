import { BenchError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/abort.ts';
import { sanitize } from '../../core/text.ts';
import type { HostPort, HttpAnswer, HttpLogin, Network } from '../../drivers/http/port.ts';
import { isFileListing, MongooseUnit } from '../mongoose/index.ts';
import { gen1Identity, gen2Identity, stockVersion } from '../shelly/gen1-codec.ts';
import type { PlugAnswer } from './answer.ts';
import { ask, parsed, type PlugPeer } from './talk.ts';
import { askTasmota, tasmotaServer } from './tasmota-answer.ts';

export interface WhoOptions {
  readonly login?: HttpLogin;
  readonly signal: AbortSignal;
  /** MAC of the unit that is looked for: where it is another one, what it runs is not asked any further. */
  readonly mac?: string;
}

/** What the firmware says; where it answered and who says its MAC are added to it. */
type Said = Omit<PlugAnswer, 'at' | 'macFrom'>;

/**
 * Which firmware answers at this address, which unit it is and which version: what can be had without writing
 * anything. Undefined where no HTTP server answers. Throws only what `signal` was aborted with.
 */
export async function whoAnswers(
  network: Pick<Network, 'request' | 'macOf'>,
  at: HostPort,
  { login, signal, mac }: WhoOptions,
): Promise<PlugAnswer | undefined> {
  const peer: PlugPeer = { network, at, signal, ...(login !== undefined && { login }) };
  // `/shelly` needs no password on a Shelly, and a password must not go to whatever else is there.
  const shelly = await tried(peer, () => ask(open(peer), { path: '/shelly' }));
  if (shelly === undefined) return undefined;
  const said = ofShelly(shelly) ?? (await other(peer, shelly, mac));
  if (said.mac !== undefined) return { ...said, at, macFrom: 'firmware' };
  const arp = await tried(peer, () => network.macOf(at.host));
  return arp === undefined ? { ...said, at } : { ...said, at, mac: arp, macFrom: 'arp' };
}

const open = ({ login: _password, ...peer }: PlugPeer): PlugPeer => peer;

function ofShelly(answer: HttpAnswer): Said | undefined {
  if (answer.status !== 200) return undefined;
  const json = parsed(answer);
  const gen2 = gen2Identity.safeParse(json);
  if (gen2.success) {
    const { mac, model, app, ver, gen, auth_en: locked } = gen2.data;
    const name = app ?? model ?? 'Shelly';
    return {
      firmware: 'shelly-gen2',
      title: `Shelly ${name}, generation ${gen}${ver === undefined ? '' : `, firmware ${ver}`}`,
      mac,
      ...(ver !== undefined && { version: ver }),
      ...((model ?? app) !== undefined && { model: model ?? app }),
      ...(locked !== undefined && { locked }),
    };
  }
  const gen1 = gen1Identity.safeParse(json);
  if (!gen1.success) return undefined;
  const { type, mac, auth, fw } = gen1.data;
  const version = stockVersion(fw)?.text;
  return {
    firmware: 'shelly-gen1',
    title: `Shelly stock firmware ${version ?? (fw || 'of unknown version')} on a ${type}`,
    mac,
    model: type,
    locked: auth,
    ...(version !== undefined && { version }),
  };
}

/** No Shelly stock firmware: what its first page is. */
async function other(peer: PlugPeer, shelly: HttpAnswer, mac: string | undefined): Promise<Said> {
  const tasmota = tasmotaServer(shelly);
  if (tasmota !== undefined) return askTasmota(peer, tasmota);
  const page = await tried(peer, () => ask(open(peer), { path: '/' }));
  if (page === undefined) return unknown('something that answers no page');
  if (tasmotaServer(page) !== undefined) return askTasmota(peer, tasmotaServer(page)!);
  const text = page.text();
  if (isFileListing(text)) return (await askTakeover(peer, mac)) ?? unknown('a listing of files');
  return byPage(page, text) ?? (await askHomekit(peer)) ?? unknown(`a page${titleOf(text)}`);
}

const unknown = (title: string): Said => ({ firmware: 'unknown', title });

function titleOf(text: string): string {
  const title = sanitize(/<title>([^<]{1,80})/i.exec(text)?.[1] ?? '');
  return title === '' ? ' without a title' : ` titled "${title}"`;
}

/** Firmware that names itself on its page, or in what it asks a password for. */
function byPage(page: HttpAnswer, text: string): Said | undefined {
  const realm = page.headers['www-authenticate'] ?? '';
  const head = text.slice(0, 16_384);
  const locked = page.status === 401;
  const portal = page.status === 301 && /\/sn$/.test(page.headers['location'] ?? '');
  if (portal || /Home Accessory Architect|<title>HAA\b/i.test(head)) {
    const version = /\bv?(\d{1,2}\.\d{1,2}\.\d{1,2})\b/.exec(head)?.[1];
    return {
      firmware: 'haa-portal',
      title: 'the set-up page of HAA',
      ...(version !== undefined && { version }),
    };
  }
  if (/espurna/i.test(realm) || /espurna/i.test(head) || /espurna/i.test(page.headers['server'] ?? '')) {
    const version = /espurna[^\d<>]{1,8}(\d{1,2}\.\d{1,3}\.\d{1,3})/i.exec(head)?.[1];
    return named('espurna', 'ESPurna', version, locked);
  }
  if (/<esp-app|esphome/i.test(head)) {
    const version = /esphome[^\d<>]{1,12}(\d{4}\.\d{1,2}\.\d{1,2})/i.exec(head)?.[1];
    return named('esphome', 'ESPHome', version, locked);
  }
  return undefined;
}

const named = (
  firmware: PlugAnswer['firmware'],
  name: string,
  version: string | undefined,
  locked: boolean,
): Said => ({
  firmware,
  title: version === undefined ? name : `${name} ${version}`,
  ...(version !== undefined && { version }),
  ...(locked && { locked }),
});

/** The listing alone could be of any server: the intermediate firmware has a target URL in its settings. */
async function askTakeover(peer: PlugPeer, wanted: string | undefined): Promise<Said | undefined> {
  const unit = new MongooseUnit(open(peer));
  const info = await tried(peer, () => unit.info());
  const isOther = wanted !== undefined && info?.mac !== undefined && info.mac !== wanted;
  const url = isOther ? undefined : await tried(peer, () => unit.takeoverUrl());
  if (url === undefined && info?.mac === undefined) return undefined;
  const model = info?.app;
  return {
    firmware: 'takeover',
    title: `the intermediate firmware of a conversion${model === undefined ? '' : ` (${model})`}`,
    ...(info?.mac !== undefined && { mac: info.mac }),
    ...(info?.fw_version !== undefined && { version: info.fw_version }),
    ...(model !== undefined && { model }),
  };
}

/** shelly-homekit answers this with its own version and the model it has replaced the stock firmware of. */
async function askHomekit(peer: PlugPeer): Promise<Said | undefined> {
  const answer = await tried(peer, () => ask(open(peer), { path: '/rpc/Shelly.GetInfoExt' }));
  if (answer?.status !== 200) return undefined;
  const info = parsed(answer);
  if (typeof info !== 'object' || info === null || !('stock_fw_model' in info || 'stock_model' in info))
    return undefined;
  const field = (name: string) => {
    const value = (info as Record<string, unknown>)[name];
    return typeof value === 'string' ? sanitize(value).slice(0, 40) : undefined;
  };
  const version = field('version');
  return {
    firmware: 'shelly-homekit',
    title: `Shelly-HomeKit ${version ?? ''}`.trim(),
    ...(version !== undefined && { version }),
  };
}

/** Undefined where the network or the answer fails; a cancel is a cancel. */
async function tried<T>({ signal }: PlugPeer, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof BenchError)) throw error;
    return undefined;
  }
}
