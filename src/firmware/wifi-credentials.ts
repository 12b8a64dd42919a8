import { sanitize } from '../core/text.ts';
import { fieldText, indexOf, isFilled, isTextField, latin1, u32 } from './bytes.ts';
import type { NvsContents, NvsItem } from './nvs.ts';

/** What a search for Wi-Fi credentials found; passwords never leave it. */
export interface WifiFinding {
  /** Where, in the operator's words: `NVS nvs.net80211`. */
  readonly where: string;
  /** Empty when only a password was found. */
  readonly ssid: string;
  readonly hasPassword: boolean;
  /** False for erased entries that can still be read. */
  readonly live: boolean;
}

/** A Wi-Fi name has at most 32 bytes, a password at most 64. */
const SSID_BYTES = 32;
/** ESPHome's saved settings: ssid[33], password[65] (esphome, wifi_component.h). */
const ESPHOME_BLOB_BYTES = 98;
const SSID_KEY = /ssid/i;
const PASSWORD_KEY = /pass|pswd|pwd|psk|wifi[._-]?key/i;

/** Looks through the items of one NVS partition, by namespace: the Wi-Fi driver's own and what applications keep. */
export function findWifiInNvs(nvs: NvsContents): WifiFinding[] {
  const groups = new Map<string, NvsItem[]>();
  for (const item of nvs.items) {
    const group = `${item.live ? 'live' : 'erased'}/${item.namespace ?? ''}`;
    const items = groups.get(group);
    if (items == null) groups.set(group, [item]);
    else items.push(item);
  }
  return [...groups.values()].flatMap(findInNamespace);
}

function findInNamespace(items: readonly NvsItem[]): WifiFinding[] {
  const namespace = items[0]?.namespace;
  const live = items[0]?.live ?? false;
  const where = `NVS ${namespace ?? 'without a namespace'}`;
  const findings: WifiFinding[] = [];
  if (namespace === 'esphome')
    for (const item of items) {
      const saved = readEsphome(item);
      if (saved != null) findings.push({ where, live, ...saved });
    }
  // What the access point of the unit itself is called is no secret of the house.
  const own = items.filter((item) => !/^ap[._]/i.test(item.key));
  const ssids = [...new Set(own.map(readSsid).filter((ssid) => ssid !== ''))];
  const hasPassword = own.some((item) => (PASSWORD_KEY.test(item.key) && holdsText(item)) || holdsKey(item));
  for (const ssid of ssids) findings.push({ where, ssid, hasPassword, live });
  if (ssids.length === 0 && hasPassword && isWifiKey(own))
    findings.push({ where, ssid: '', hasPassword, live });
  return findings;
}

/** A password alone counts where the namespace speaks of Wi-Fi; web and MQTT passwords have the same keys. */
const isWifiKey = (items: readonly NvsItem[]): boolean =>
  items.some(
    ({ namespace, key }) => namespace === 'nvs.net80211' || /wifi|sta[._]/i.test(`${namespace ?? ''} ${key}`),
  );

function readSsid(item: NvsItem): string {
  if (!SSID_KEY.test(item.key) || item.type === 'number') return '';
  const { value } = item;
  // The Wi-Fi driver keeps a u32 length before the 32 bytes of the name; 0xFFFFFFFF is "never set".
  if (value.length === 4 + SSID_BYTES) {
    const length = u32(value, 0);
    const name = value.subarray(4, 4 + length);
    return length >= 1 && length <= SSID_BYTES && isTextField(name) ? fieldText(name) : '';
  }
  return value.length <= SSID_BYTES + 1 && isTextField(value) ? fieldText(value) : '';
}

const holdsText = (item: NvsItem): boolean =>
  item.type !== 'number' && item.value.length > 0 && isTextField(item.value);

/**
 * `sta.pmk` is the key made of name and password; `sta.apinfo` keeps both of recent access points, in a form
 * that is not told apart here.
 */
const holdsKey = ({ key, value }: NvsItem): boolean =>
  (key === 'sta.pmk' && !isFilled(value, 0xff) && !isFilled(value, 0)) ||
  (key === 'sta.apinfo' && /[\x20-\x7e]{4}/.test(latin1(value)));

function readEsphome({ value, type }: NvsItem): { ssid: string; hasPassword: boolean } | undefined {
  if (type !== 'blob' || value.length !== ESPHOME_BLOB_BYTES) return undefined;
  const ssid = value.subarray(0, SSID_BYTES + 1);
  const password = value.subarray(SSID_BYTES + 1);
  const isNulTerminated = ssid.includes(0) && password.includes(0);
  if (!isNulTerminated || !isTextField(ssid)) return undefined;
  const hasPassword = password[0] !== 0;
  return hasPassword && !isTextField(password) ? undefined : { ssid: fieldText(ssid), hasPassword };
}

/**
 * The ESP8266 SDK's parameter sectors: two copies in the third- and second-last sector of the configured flash.
 * Station name length at 0x0C, name at 0x10, password at 0x37 (SDK 1.1 and later; struct s_wifi_store as
 * pvvx/esp8266web and replacements of the SDK write it). `unknown` where another form stands there.
 */
export function readSdkSector(sector: Uint8Array): WifiFinding | 'unset' | 'unknown' {
  if (isFilled(sector, 0xff) || isFilled(sector, 0)) return 'unset';
  const length = u32(sector, 0x0c);
  if (length === 0 || length === 0xffff_ffff) return 'unset';
  const name = sector.subarray(0x10, 0x10 + length);
  if (length > SSID_BYTES || !isTextField(name)) return 'unknown';
  const password = sector.subarray(0x37, 0x37 + 64);
  return {
    where: 'ESP8266 SDK parameters',
    ssid: fieldText(name),
    hasPassword: isTextField(password),
    live: true,
  };
}

/** Enough for any configuration; a file made of nothing but such keys must not take longer for it. */
const MAX_TEXT_HITS = 2000;

/** Looks for `"ssid":"…"` in text areas, as Mongoose OS keeps its configuration. */
export function findWifiInText(bytes: Uint8Array): WifiFinding[] {
  const findings = new Map<string, WifiFinding>();
  let at = indexOf(bytes, '"ssid"');
  for (let hits = 0; at >= 0 && hits < MAX_TEXT_HITS; hits++, at = indexOf(bytes, '"ssid"', at + 6)) {
    const after = latin1(bytes.subarray(at, at + 320));
    const ssid = /^"ssid"\s*:\s*"((?:[^"\\]|\\.){1,64})"/.exec(after)?.[1] ?? '';
    // `%s` and `Shelly_??????` are patterns of the firmware, not what somebody typed in.
    if (ssid === '' || /[%?\0]/.test(ssid) || isOwnAccessPoint(bytes, at)) continue;
    const hasPassword = /"(?:pass|password|psk|key)"\s*:\s*"[^"]/.test(after);
    findings.set(ssid, { where: 'JSON text', ssid: sanitize(ssid), hasPassword, live: true });
  }
  return [...findings.values()];
}

function isOwnAccessPoint(bytes: Uint8Array, at: number): boolean {
  const before = latin1(bytes.subarray(Math.max(0, at - 160), at));
  return before.lastIndexOf('"ap"') > before.lastIndexOf('"sta');
}
