import type { RunningPlug } from '../plug-firmware.ts';
import type { PortalPages } from './portal-pages.ts';
import { KEY, type SettingKey, type Settings, type SettingValue } from './settings.ts';

/** Shorter ones are taken for none. */
const SHORTEST_PASSWORD = 8;
const SETUP_OFF = 0;
const SETUP_UNTIL_TIMEOUT = 1;
const DEFAULT_PORT = 80;

/** Which slot is to be started once after the restart; undefined: the usual one. */
export interface Applied {
  readonly onceSlot: 1 | undefined;
}

type Form = URLSearchParams;
type Values = Partial<Record<SettingKey, SettingValue | undefined>>;

/**
 * Takes over what was posted, as the firmware does: nothing is checked. An empty script is a script; an empty network
 * name leaves Wi-Fi as it was; a server with its scheme is stored as it is and found by no one.
 */
export async function applyForm(
  pages: PortalPages,
  body: string,
  settings: Settings,
  plug: RunningPlug,
): Promise<Applied> {
  const form = new URLSearchParams(body);
  if (form.has(pages === 'old-installer' ? 'reset_sys' : 'rsy')) {
    await settings.reset([KEY.configNumber, KEY.installerVersion, KEY.mainVersion]);
    return { onceSlot: undefined };
  }
  const named = pages === 'old-installer' ? oldNames(form) : form;
  const values: Values = { [KEY.setupMode]: SETUP_OFF };
  if (pages !== 'otamain') values[KEY.script] = filled(named, 'cnf');
  if (named.has('now')) Object.assign(values, noWifi());
  if (pages === 'haamain') Object.assign(values, accessPoint(named, settings));
  else Object.assign(values, updateServer(named));
  Object.assign(values, wifi(named));
  const mode = filled(named, 'wm');
  if (mode != null && pages !== 'otamain') values[KEY.wifiMode] = Number.parseInt(mode, 10) || 0;
  const toInstaller = pages === 'haamain' && (named.has('ota') || named.has('ins'));
  if (toInstaller && named.has('ins')) values[KEY.setupMode] = SETUP_UNTIL_TIMEOUT;
  if (!(await settings.set(values))) plug.log('the settings do not fit into flash');
  if (pages === 'haaboot' || pages === 'otamain') await changeFlashMode(named, plug);
  return { onceSlot: toInstaller ? 1 : undefined };
}

/** Empty is as if it were not there. */
const filled = (form: Form, name: string): string | undefined => form.get(name) || undefined;

/** `otarepo` is what the reference calls the field of the server; the source of 2020 and 2021 has `reposerver`. */
function oldNames(form: Form): Form {
  const renamed = new URLSearchParams();
  const names: Readonly<Record<string, string>> = {
    conf: 'cnf',
    nowifi: 'now',
    wifimode: 'wm',
    ssid: 'sid',
    password: 'psw',
    bssid: 'bid',
    reposerver: 'ser',
    otarepo: 'ser',
    repoport: 'prt',
    repossl: 'ssl',
  };
  for (const [name, value] of form) renamed.append(names[name] ?? name, value);
  return renamed;
}

const noWifi = (): Values => ({
  [KEY.ssid]: undefined,
  [KEY.password]: undefined,
  [KEY.bssid]: undefined,
  [KEY.wifiMode]: undefined,
  [KEY.apEnabled]: undefined,
  [KEY.apPassword]: undefined,
});

function wifi(form: Form): Values {
  const ssid = filled(form, 'sid');
  if (ssid == null) return {};
  const password = filled(form, 'psw');
  const bssid = filled(form, 'bid');
  return {
    [KEY.ssid]: ssid,
    [KEY.password]: password != null && password.length >= SHORTEST_PASSWORD ? password : undefined,
    [KEY.bssid]: bssid?.length === 12 ? new Uint8Array(Buffer.from(bssid, 'hex')) : undefined,
    [KEY.apEnabled]: undefined,
    [KEY.apPassword]: undefined,
  };
}

function updateServer(form: Form): Values {
  const port = filled(form, 'prt');
  return {
    [KEY.server]: filled(form, 'ser'),
    [KEY.port]: port == null ? DEFAULT_PORT : Number.parseInt(port, 10) || 0,
    [KEY.ssl]: form.has('ssl') ? 1 : 0,
  };
}

function accessPoint(form: Form, settings: Settings): Values {
  if (filled(form, 'sid') != null || settings.text(KEY.ssid) == null) return {};
  if (!form.has('wap')) return { [KEY.apEnabled]: 0, [KEY.apPassword]: undefined };
  const password = filled(form, 'app');
  return {
    [KEY.apEnabled]: 1,
    ...(password != null && password.length >= SHORTEST_PASSWORD ? { [KEY.apPassword]: password } : {}),
  };
}

/** Byte 2 of the boot loader, for good or bad: a mode that the flash cannot do is a brick after the restart. */
async function changeFlashMode(form: Form, plug: RunningPlug): Promise<void> {
  const mode = Number.parseInt(form.get('fm') ?? '-1', 10);
  if (mode >= 0 && mode <= 3 && plug.flash[2] !== mode) await plug.write(2, Uint8Array.of(mode));
}
