import { jsonPage, textPage, type PageReply, type PageRequest } from '../../plug/http/pages.ts';
import { flagAt, textAt, under } from '../mongoose/settings.ts';
import { plainMac } from '../models.ts';
import {
  accessPointOf,
  BRANCH_OF,
  changesOf,
  cloudOf,
  isTrue,
  loginOf,
  relayOf,
  relaySettingsOf,
  settingsOf,
  stationOf,
  statusOf,
} from './settings-pages.ts';
import type { StockRun } from './stock-run.ts';

/** Time between the answer to `/reboot` and the restart, ms. */
const REBOOT_MS = 500;

/** One request of the Gen1 API; GET and POST are the same (reference 1.1, 1.2). */
export async function answerStock(run: StockRun, request: PageRequest): Promise<PageReply> {
  const { path, parameters } = request;
  if (path === '/shelly') return jsonPage(identityOf(run));
  if (!isLetIn(run, request))
    return {
      ...textPage(401, '401 Unauthorized'),
      headers: { 'WWW-Authenticate': `Basic realm="${run.id}"` },
    };
  const branch = BRANCH_OF[path];
  if (branch != null) {
    const changes = changesOf(path, parameters);
    if (changes != null) await run.change(under(branch, changes));
    // The network it is asked by may be the one it leaves: first the answer.
    const afterwards = changes != null && path === '/settings/sta' ? () => void run.joinWifi() : undefined;
    return jsonPage(branchPage(run, path), afterwards);
  }
  const relay = /^\/(settings\/)?relay\/(\d+)$/.exec(path);
  if (relay != null) return relayPage(run, Number(relay[2]), relay[1] != null, parameters);
  return otherPage(run, path, parameters);
}

async function otherPage(run: StockRun, path: string, parameters: URLSearchParams): Promise<PageReply> {
  switch (path) {
    case '/':
      return { status: 200, type: 'text/html', body: `<!DOCTYPE html><title>${run.model.title}</title>` };
    case '/settings':
      return settingsPage(run, parameters);
    case '/settings/ap':
      return jsonPage(accessPointOf(run));
    case '/status':
      return jsonPage(statusOf(run));
    case '/ota':
      return otaPage(run, parameters);
    case '/ota/check':
      return jsonPage({ status: 'ok' });
    case '/reboot':
      return jsonPage({ ok: true }, () => void run.plug.wait(REBOOT_MS).then(() => run.plug.restart()));
    case '/wifiscan':
      return run.isAccessPoint
        ? jsonPage({ wifiscan: 'done', results: [] })
        : textPage(400, 'Only in AP mode!');
    case '/debug/log':
      return flagAt(run.settings, 'debug.enable') ? textPage(200, run.debugLog) : textPage(404, 'Not Found');
    default:
      return textPage(404, 'Not Found');
  }
}

export const identityOf = (run: StockRun) => ({
  type: run.model.type,
  mac: plainMac(run.plug.chip.mac),
  auth: isProtected(run),
  fw: run.fw,
  num_outputs: run.model.outputs,
  num_meters: run.model.meters,
});

const isProtected = (run: StockRun): boolean => run.isShut || flagAt(run.settings, 'login.enabled');

function isLetIn(run: StockRun, { headers }: PageRequest): boolean {
  if (!isProtected(run)) return true;
  if (run.isShut) return false;
  const user = textAt(run.settings, 'login.username', 'admin');
  const wanted = Buffer.from(`${user}:${textAt(run.settings, 'login.password')}`).toString('base64');
  return headers.authorization === `Basic ${wanted}`;
}

function branchPage(run: StockRun, path: string): unknown {
  if (path === '/settings/login') return loginOf(run);
  return path === '/settings/sta' ? stationOf(run) : cloudOf(run);
}

async function settingsPage(run: StockRun, parameters: URLSearchParams): Promise<PageReply> {
  if (isTrue(parameters.get('reset'))) return jsonPage({ ok: true }, () => void run.factoryReset());
  const name = parameters.get('name');
  if (name != null) await run.change({ name });
  if (parameters.has('debug_enable'))
    await run.change({ debug: { enable: isTrue(parameters.get('debug_enable')) } });
  return jsonPage(settingsOf(run));
}

/** The answer is given before anything is downloaded (reference 1.2). */
function otaPage(run: StockRun, parameters: URLSearchParams): PageReply {
  const url = parameters.get('url');
  if (url != null && !URL.canParse(url)) return textPage(400, 'Bad url!');
  if (url != null) run.updater.begin(url);
  else if (isTrue(parameters.get('update')) || isTrue(parameters.get('beta'))) run.updater.begin(undefined);
  return jsonPage(run.updater.status());
}

async function relayPage(
  run: StockRun,
  index: number,
  isSettings: boolean,
  parameters: URLSearchParams,
): Promise<PageReply> {
  if (index >= run.relays.length) return textPage(404, 'Not Found');
  const turn = parameters.get('turn');
  if (turn != null && !['on', 'off', 'toggle'].includes(turn)) return textPage(400, 'Bad turn!');
  if (turn != null) run.relays[index] = turn === 'toggle' ? run.relays[index] !== true : turn === 'on';
  return jsonPage(isSettings ? relaySettingsOf(run, index) : relayOf(run, index));
}
