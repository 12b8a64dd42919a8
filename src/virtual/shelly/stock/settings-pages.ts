import type { Tree } from '../mongoose/settings.ts';
import { flagAt, textAt } from '../mongoose/settings.ts';
import { plainMac } from '../models.ts';
import type { StockRun } from './stock-run.ts';

/** Truth as the Gen1 API takes it. */
export const isTrue = (value: string | null): boolean => value != null && /^(?:1|y|Y|t|T|true)$/.test(value);

/** `/settings/login`. */
export const loginOf = ({ settings }: StockRun) => ({
  enabled: flagAt(settings, 'login.enabled'),
  unprotected: flagAt(settings, 'login.unprotected'),
  username: textAt(settings, 'login.username', 'admin'),
});

/** `/settings/sta`; the key is never told. */
export const stationOf = ({ settings }: StockRun) => ({
  enabled: flagAt(settings, 'wifi.sta.enable'),
  ssid: textAt(settings, 'wifi.sta.ssid') || null,
  ipv4_method: textAt(settings, 'wifi.sta.ipv4_method', 'dhcp'),
  ip: textAt(settings, 'wifi.sta.ip') || null,
  gw: textAt(settings, 'wifi.sta.gw') || null,
  mask: textAt(settings, 'wifi.sta.netmask') || null,
  dns: textAt(settings, 'wifi.sta.nameserver') || null,
});

/** `/settings/ap`. */
export const accessPointOf = (run: StockRun) => ({
  enabled: run.isAccessPoint,
  ssid: run.id,
  key: '',
});

/** `/settings/cloud`. */
export const cloudOf = ({ settings }: StockRun) => ({
  enabled: flagAt(settings, 'cloud.enabled'),
  connected: false,
});

export const relayOf = (run: StockRun, index: number) => ({
  ison: run.relays[index] === true,
  has_timer: false,
  timer_started: 0,
  timer_duration: 0,
  timer_remaining: 0,
  overpower: false,
  source: 'http',
});

/** `/settings/relay/N`. */
export const relaySettingsOf = (run: StockRun, index: number) => ({
  name: textAt(run.settings, `relay.${index}.name`) || null,
  appliance_type: 'General',
  ison: run.relays[index] === true,
  has_timer: false,
  default_state: textAt(run.settings, `relay.${index}.default_state`, 'off'),
  auto_on: 0,
  auto_off: 0,
  schedule: false,
  schedule_rules: [],
  max_power: 2500,
});

/** `/settings`. */
export const settingsOf = (run: StockRun) => ({
  device: {
    type: run.model.type,
    mac: plainMac(run.plug.chip.mac),
    hostname: run.id,
    num_outputs: run.model.outputs,
    num_meters: run.model.meters,
  },
  wifi_ap: accessPointOf(run),
  wifi_sta: stationOf(run),
  wifi_sta1: { ...NO_STATION },
  mqtt: { enable: false, server: '192.168.33.3:1883', user: '', id: run.id },
  coiot: { enabled: true, update_period: 15, peer: '' },
  sntp: { server: 'time.google.com', enabled: true },
  login: loginOf(run),
  pin_code: '',
  name: textAt(run.settings, 'name') || null,
  fw: run.fw,
  discoverable: true,
  build_info: { build_id: run.fw, build_timestamp: buildTime(run.fw), build_version: '1.0' },
  cloud: cloudOf(run),
  timezone: null,
  time: '',
  unixtime: 0,
  led_status_disable: false,
  debug_enable: flagAt(run.settings, 'debug.enable'),
  hwinfo: { hw_revision: 'prod-190516', batch_id: 1 },
  mode: 'relay',
  max_power: 2500,
  relays: run.relays.map((_, index) => relaySettingsOf(run, index)),
});

const NO_STATION = {
  enabled: false,
  ssid: null,
  ipv4_method: 'dhcp',
  ip: null,
  gw: null,
  mask: null,
  dns: null,
};

/** `20230109-114426/…` as a time of the API. */
function buildTime(fw: string): string {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(fw) ?? [];
  return year == null ? '' : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

/** `/status`. */
export const statusOf = (run: StockRun) => ({
  wifi_sta: {
    connected: run.address != null,
    ssid: textAt(run.settings, 'wifi.sta.ssid'),
    ip: run.address ?? '0.0.0.0',
    rssi: run.plug.wifi.rssiDbm,
  },
  cloud: cloudOf(run),
  mqtt: { connected: false },
  time: '',
  unixtime: 0,
  serial: 1,
  has_update: false,
  mac: plainMac(run.plug.chip.mac),
  cfg_changed_cnt: 0,
  actions_stats: { skipped: 0 },
  relays: run.relays.map((_, index) => relayOf(run, index)),
  meters: Array.from({ length: run.model.meters }, () => ({
    power: 0,
    overpower: 0,
    is_valid: true,
    timestamp: 0,
    counters: [0, 0, 0],
    total: 0,
  })),
  temperature: 24.87,
  overtemperature: false,
  tmp: { tC: 24.87, tF: 76.77, is_valid: true },
  update: run.updater.status(),
  ram_total: 52_056,
  ram_free: 38_788,
  fs_size: 233_681,
  fs_free: 162_899,
  uptime: Math.floor(run.plug.uptimeMs() / 1000),
});

/** What parameters of `/settings/sta` and `/settings/login` become in the settings. */
export function changesOf(path: string, parameters: URLSearchParams): Tree | undefined {
  const names = FIELDS[path];
  if (names == null) return undefined;
  const changes: Tree = {};
  for (const [name, key] of Object.entries(names)) {
    const value = parameters.get(name);
    if (value != null) changes[key] = FLAGS.has(key) ? isTrue(value) : value;
  }
  return Object.keys(changes).length === 0 ? undefined : changes;
}

const FLAGS = new Set(['enabled', 'enable', 'unprotected']);

const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/settings/login': {
    enabled: 'enabled',
    unprotected: 'unprotected',
    username: 'username',
    password: 'password',
  },
  '/settings/sta': {
    enabled: 'enable',
    ssid: 'ssid',
    key: 'pass',
    ipv4_method: 'ipv4_method',
    ip: 'ip',
    gw: 'gw',
    mask: 'netmask',
    dns: 'nameserver',
  },
  '/settings/cloud': { enabled: 'enabled' },
};

/** Where such changes belong in the tree. */
export const BRANCH_OF: Readonly<Record<string, string>> = {
  '/settings/login': 'login',
  '/settings/sta': 'wifi.sta',
  '/settings/cloud': 'cloud',
};
