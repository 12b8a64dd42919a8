import { CodecError } from '../../core/codec-error.ts';
import { MAX_FORM_BYTES } from './script.ts';

/**
 * Names that a field of the form has had: now, in 2021, before. The page itself tells which ones its installer reads
 * (public source, esp-homekit-devices `setup.c` over the years).
 */
const FIELDS = {
  script: ['cnf', 'conf'],
  ssid: ['sid', 'ssid'],
  password: ['psw', 'password'],
  bssid: ['bid', 'bssid'],
  wifiMode: ['wm', 'wifimode'],
  flashMode: ['fm'],
  server: ['ser', 'reposerver', 'otarepo'],
  port: ['prt', 'repoport'],
  tls: ['ssl', 'repossl'],
} as const;
type Field = keyof typeof FIELDS;

/** What the set-up page of an installer is. */
export interface PortalPage {
  /** What its fields are called; those it lacks are missing. */
  readonly names: Readonly<Partial<Record<Field, string>>>;
  /** HAABOOT takes an accessory script, OTAMAIN does not. */
  readonly part: 'haaboot' | 'otamain';
  /** Where its form goes: `/sn`, before 2022 `/settings`. */
  readonly path: string;
  /** Of the installer: `12.18.0`; missing where the page does not say it. */
  readonly version?: string;
}

/** Throws CodecError for any other page. */
export function parsePortal(html: string): PortalPage {
  const onPage = new Set<string>();
  for (const [, name = ''] of html.matchAll(
    /<(?:input|textarea|select)\b[^>]{0,200}?\bname="?([a-z_]{1,20})\b/g,
  ))
    onPage.add(name);
  const names: Partial<Record<Field, string>> = {};
  for (const [field, known] of Object.entries(FIELDS) as [Field, readonly string[]][]) {
    const name = known.find((each) => onPage.has(each));
    if (name != null) names[field] = name;
  }
  if (names.ssid == null || names.password == null || !/Accessory Architect|HAA/.test(html))
    throw new CodecError('not the set-up page of an HAA installer');
  const version = /Installer\s{0,8}v?(\d{1,3}\.\d{1,3}\.\d{1,3})/.exec(html)?.[1];
  return {
    names,
    part: names.script == null ? 'otamain' : 'haaboot',
    path: /<form\b[^>]{0,200}\baction="?(\/[\w/-]{1,40})/.exec(html)?.[1] ?? '/sn',
    ...(version != null && { version }),
  };
}

/** Where the unit fetches HAA: a folder on a server of our own. */
export interface MirrorPlace {
  readonly host: string;
  readonly port: number;
  /** Without a slash at either end. */
  readonly folder: string;
}

export interface PortalSettings {
  /** Checked by `checkScript`. */
  readonly script: string;
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: string;
  /** Missing: the vendor's server, by HTTPS. */
  readonly mirror?: MirrorPlace;
}

/** Whether this installer can be sent to a server with a port of its own, without TLS. */
export const takesMirror = ({ names }: PortalPage): boolean => names.server != null && names.port != null;

/**
 * The form that is posted. Never without a password where there is a name: the installer reads it without asking
 * whether it came. The server goes without a scheme: with one it finds nothing (esp-homekit-devices#1638).
 */
export function encodeForm(
  { names }: Pick<PortalPage, 'names'>,
  { script, ssid, password, mirror }: PortalSettings,
): string {
  const values: Readonly<Partial<Record<Field, string>>> = {
    script,
    ssid,
    password,
    bssid: '',
    wifiMode: '0',
    flashMode: '-1',
    server: mirror == null ? '' : `${mirror.host}/${mirror.folder}`,
    port: mirror == null ? '443' : String(mirror.port),
    // A box that is not ticked is not sent.
    ...(mirror == null && { tls: 'y' }),
  };
  const form = new URLSearchParams();
  for (const [field, value] of Object.entries(values) as [Field, string][]) {
    const name = names[field];
    if (name != null) form.append(name, value);
  }
  const body = form.toString();
  if (body.length > MAX_FORM_BYTES) throw new CodecError(`a form of ${body.length} bytes`);
  return body;
}
