import { findInImage, type ParsedImage } from '../../esp/boot/image.ts';

/** How its own update port asks who is there. */
export type OtaAuth = 'none' | 'md5' | 'sha256';

/** What is compiled into an ESPHome image. */
export interface EspHomeConfig {
  readonly name: string;
  readonly ssid: string;
  readonly password: string;
  /** Of the update protocol: 1 without acknowledgement of the data, 2 with. */
  readonly otaVersion: 1 | 2;
  readonly auth: OtaAuth;
  readonly otaPassword: string;
  /** Names its abilities in a byte of flags, and is told what kind of image comes. */
  readonly extended: boolean;
  readonly gzip: boolean;
}

/** Before the JSON of the config in a practice image; a real image holds it as code. */
export const CONFIG_MARK = 'practice-esphome-config:';
const VERSION = /ESPHome version (\d[\w.]*)/;

/** What an image says of itself; undefined for other firmware. */
export function espHomeIn(
  app: ParsedImage,
): { readonly version: string; readonly config: EspHomeConfig } | undefined {
  const version = VERSION.exec(findInImage(app, VERSION)?.[0] ?? '')?.[1];
  if (version == null) return undefined;
  const json = findInImage(app, new RegExp(`${CONFIG_MARK}(\\{[^\\0]*\\})\\0`))?.[1];
  const given = json == null ? {} : (JSON.parse(json) as Partial<EspHomeConfig>);
  return { version, config: { ...DEFAULTS, ...given } };
}

export const DEFAULTS: EspHomeConfig = {
  name: 'practice-plug',
  ssid: 'practice-net',
  password: 'practice-key',
  otaVersion: 2,
  auth: 'none',
  otaPassword: '',
  extended: false,
  gzip: false,
};
