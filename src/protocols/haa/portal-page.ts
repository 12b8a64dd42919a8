import { CodecError } from '../../core/codec-error.ts';
import { sanitize } from '../../core/text.ts';
import { MAX_FORM_BYTES } from './script.ts';

/** What the set-up page of an installer is. */
export interface PortalPage {
  /** The names of its fields: `new` since 2021 (`cnf`, `sid`), `old` before (`conf`, `ssid`). */
  readonly form: 'new' | 'old';
  /** HAABOOT takes an accessory script, OTAMAIN does not. */
  readonly part: 'haaboot' | 'otamain';
  /** Where its form goes: `/sn`, before 2021 `/settings`. */
  readonly path: string;
  /** Of the installer: `12.18.0`; missing where the page does not say it. */
  readonly version?: string;
}

/** Throws CodecError for any other page. */
export function parsePortal(html: string): PortalPage {
  const has = (name: string) =>
    new RegExp(`<(?:input|textarea)\\b[^>]{0,200}\\bname="?${name}\\b`).test(html);
  const form = has('sid') ? 'new' : has('ssid') ? 'old' : undefined;
  if (form == null || !/Accessory Architect|HAA/.test(html))
    throw new CodecError('not the set-up page of an HAA installer');
  const version = /Installer\s{0,8}v?(\d{1,3}\.\d{1,3}\.\d{1,3})/.exec(html)?.[1];
  return {
    form,
    part: has(form === 'new' ? 'cnf' : 'conf') ? 'haaboot' : 'otamain',
    path:
      /<form\b[^>]{0,200}\baction="?(\/[\w/-]{1,40})/.exec(html)?.[1] ??
      (form === 'new' ? '/sn' : '/settings'),
    ...(version != null && { version: sanitize(version) }),
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

/**
 * What is posted to `/sn`. Never without `psw` where there is a `sid`: the installer reads it without asking whether it
 * came. The server goes without a scheme: with one it finds nothing (esp-homekit-devices#1638).
 */
export function encodeForm(form: PortalPage['form'], settings: PortalSettings): string {
  const { script, ssid, password, mirror } = settings;
  const fields: Record<string, string> =
    form === 'new'
      ? {
          cnf: script,
          wm: '0',
          fm: '-1',
          sid: ssid,
          psw: password,
          bid: '',
          ser: mirror == null ? '' : `${mirror.host}/${mirror.folder}`,
          prt: mirror == null ? '443' : String(mirror.port),
          ...(mirror == null && { ssl: 'y' }),
        }
      : {
          conf: script,
          ssid,
          password,
          otarepo: mirror == null ? '' : `${mirror.host}:${mirror.port}/${mirror.folder}`,
        };
  const body = new URLSearchParams(fields).toString();
  if (body.length > MAX_FORM_BYTES) throw new CodecError(`a form of ${body.length} bytes`);
  return body;
}
