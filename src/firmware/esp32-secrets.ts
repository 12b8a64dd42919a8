import { hex, isFilled } from './bytes.ts';
import type { BackupFacts, Product } from './firmware-file.ts';
import type { FlashArea } from './flash-layout.ts';
import type { Fact } from './image-report.ts';
import { parseNvs, type NvsContents } from './nvs.ts';
import { isApp, isNvs, isOtadata } from './partition-table.ts';
import { findWifiInNvs, findWifiInText, type WifiFinding } from './wifi-credentials.ts';

/** What a flash holds that is nobody else's business. */
export interface SecretSearch extends Omit<BackupFacts, 'runs'> {
  readonly facts: readonly Fact[];
}

/** Partitions in which makers keep device id, key and token (Xiaomi: MINVS near the end of flash). */
const VENDOR_KEYS_LABEL = /minvs|^mi[_-]|fctry|fact.*nvs|nvs_keys?|secure|cert|token|otp/i;
const SECRET_KEY = /^(device_?)?(key|token|psk|did|secret|uid)$|token|secret|priv/i;

/** Searches NVS, text areas and the places of vendor keys. Says `unknown` rather than `none` where it cannot read. */
export function searchEsp32Secrets(areas: readonly FlashArea[], product: Product | undefined): SecretSearch {
  const findings: WifiFinding[] = [];
  const secrets: string[] = [];
  const unsure: string[] = [];
  let blankData = true;
  for (const area of areas) {
    const { partition, bytes, offset } = area;
    if ((partition != null && isApp(partition)) || isFilled(bytes, 0xff)) continue;
    const name = partition == null ? `Unlisted data at ${hex(offset)}` : `Partition ${partition.label}`;
    if (partition == null || !isOtadata(partition)) blankData = false;
    if (partition == null || VENDOR_KEYS_LABEL.test(partition.label))
      secrets.push(`${name}${partition == null ? '' : ` at ${hex(offset)}`}: vendor keys inside, secret.`);
    if (partition != null && isNvs(partition)) {
      const nvs = parseNvs(bytes);
      findings.push(...findWifiInNvs(nvs));
      if (nvs.state === 'unreadable' || nvs.state === 'not nvs') unsure.push(`${name} cannot be read`);
      if (nvs.partial) unsure.push(`${name} is larger than what is read of it`);
      if (nvs.items.some(({ key }) => SECRET_KEY.test(key)))
        secrets.push(`${name}: keys or tokens in NVS, secret.`);
      if (keepsTasmotaSettings(nvs)) unsure.push('Tasmota keeps them in its own settings');
    } else findings.push(...findWifiInText(bytes));
  }
  if (product?.name === 'ESPHome') unsure.push('ESPHome usually compiles them into the application');
  const found = findings.length > 0;
  const wifiCredentials = found ? 'found' : unsure.length > 0 ? 'unknown' : 'none';
  const ssids = [...new Set(findings.map(({ ssid }) => ssid).filter((ssid) => ssid !== ''))];
  return {
    wifiCredentials,
    ssids,
    secrets,
    blankData,
    facts: [
      { label: 'Wi-Fi credentials', value: credentialsText(wifiCredentials, findings, unsure) },
      ...secrets.map((value) => ({ label: 'Secret', value })),
    ],
  };
}

/** Tasmota32 keeps one blob `Settings` in namespace `main`. */
const keepsTasmotaSettings = ({ items }: NvsContents): boolean =>
  items.some(({ namespace, key }) => namespace === 'main' && key === 'Settings');

export const HIDDEN = '(hidden)';

/** `found: SSID "Home", password (hidden), in NVS nvs.net80211 (erased, still readable)`. */
export function credentialsText(
  state: BackupFacts['wifiCredentials'],
  findings: readonly WifiFinding[],
  unsure: readonly string[],
): string {
  if (state === 'none') return 'none';
  if (state === 'unknown') return `unknown: ${[...new Set(unsure)].join('; ')}. Treat them as inside.`;
  const each = findings.slice(0, 12).map(({ ssid, hasPassword, where, live }) => {
    const name = ssid === '' ? 'a network' : `SSID "${ssid}"`;
    const password = hasPassword ? `, password ${HIDDEN}` : '';
    return `${name}${password}, in ${where}${live ? '' : ' (erased, still readable)'}`;
  });
  const more = findings.length > each.length ? [`and ${findings.length - each.length} more`] : [];
  return `found: ${[...each, ...more].join('; ')}`;
}
