import { sanitize } from '../../core/text.ts';
import { latin1 } from '../bytes.ts';
import { parseJffs2 } from '../jffs2.ts';
import { dafangPart, partOf } from './flash-map.ts';

const PRODUCT_CONFIG = 'config/.product_config';

/** What `para` tells of the camera. */
export interface DafangIdentity {
  /** Lower case with colons. */
  readonly mac: string | undefined;
  /** Names of the lines that hold keys; their values never leave this module. */
  readonly secrets: readonly string[];
  /** Why there is no MAC. */
  readonly missing: string | undefined;
  /** What does not agree in it. */
  readonly warnings: readonly string[];
}

/** What `config` holds that must stay secret. */
export interface DafangSettings {
  readonly ssid: string | undefined;
  readonly hasWifiPassword: boolean;
}

const nothing = (missing: string): DafangIdentity => ({ mac: undefined, secrets: [], missing, warnings: [] });

/** `para` alone (256 KiB). */
export function identityOf(para: Uint8Array): DafangIdentity {
  const files = parseJffs2(para);
  if (files === undefined) return nothing('para holds no file system');
  const content = files.read(PRODUCT_CONFIG);
  if (content === undefined) return nothing(`para holds no ${PRODUCT_CONFIG}`);
  const lines = new Map(
    latin1(content)
      .split(/\r?\n/)
      .flatMap((line) => {
        const [, key, value] = /^([A-Za-z_]{1,40})=(.*)$/.exec(line) ?? [];
        return key === undefined ? [] : [[key.toUpperCase(), value ?? ''] as const];
      }),
  );
  const mac = macOf(lines.get('NETRELATED_MAC'));
  const other = macOf(lines.get('USERRELATED_UID')?.split('|')[0]);
  return {
    mac,
    secrets: ['USERRELATED_UID', 'NETRELATED_IP', 'NETRELATED_MAC'].filter((key) => lines.has(key)),
    missing: mac === undefined ? `${PRODUCT_CONFIG} names no MAC` : undefined,
    warnings:
      mac !== undefined && other !== undefined && mac !== other
        ? ['The two MACs in para are not the same: it was edited, or damaged.']
        : [],
  };
}

/** The first twelve hex digits; a MAC of zeros or ones, or a group address, is none. */
function macOf(text: string | undefined): string | undefined {
  const digits = /^[0-9a-f]{12}/i.exec(text ?? '')?.[0]?.toLowerCase();
  if (digits === undefined || /^(0{12}|f{12})$/.test(digits) || (parseInt(digits.slice(0, 2), 16) & 1) === 1)
    return undefined;
  return digits.match(/../g)!.join(':');
}

/** `config` alone (256 KiB); an empty or damaged one holds nothing that is known. */
export function settingsOf(config: Uint8Array): DafangSettings {
  const files = parseJffs2(config);
  const read = (name: string) => {
    const path = files?.files.find((each) => each === name || each.endsWith(`/${name}`));
    return path === undefined ? undefined : files?.read(path);
  };
  const ssid = read('.wifissid');
  const text = ssid === undefined ? '' : sanitize(latin1(ssid.subarray(0, 33)).replaceAll('\0', ''));
  return {
    ssid: text === '' ? undefined : text,
    hasWifiPassword: (read('.wifipasswd')?.length ?? 0) > 0,
  };
}

export const identityInDump = (dump: Uint8Array): DafangIdentity =>
  identityOf(partOf(dump, dafangPart('para')));
export const settingsInDump = (dump: Uint8Array): DafangSettings =>
  settingsOf(partOf(dump, dafangPart('config')));
