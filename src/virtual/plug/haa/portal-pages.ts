import { KEY, type Settings } from './settings.ts';

/** Whose portal it is: each has its own form. */
export type PortalPages = 'haaboot' | 'otamain' | 'haamain' | 'old-installer';

/** Path of the form. */
export const formPath = (pages: PortalPages): string => (pages === 'old-installer' ? '/settings' : '/sn');

export interface PageFacts {
  readonly version: string;
  /** Byte 2 of the flash: 0 QIO, 1 QOUT, 2 DIO, 3 DOUT. */
  readonly flashMode: number;
}

/**
 * The form with the fields that the firmware of that generation has (names: setup.html of HAA_Installer and HAA_Main,
 * index.html of devices/HAA_OTA in 2021), without the looks of the real page. The list of networks is empty.
 */
export function portalPage(pages: PortalPages, settings: Settings, facts: PageFacts): string {
  const title = pages === 'haamain' ? 'HAA' : 'HAA Installer';
  const heading =
    pages === 'haamain'
      ? `Home Accessory Architect<br>v${facts.version} Merlin esp8266`
      : `Home Accessory Architect<br>Installer v${facts.version} esp8266`;
  return [
    `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${heading}</h1>`,
    `<form action="${formPath(pages)}" method="post">`,
    ...FIELDS[pages].map((field) => field(settings, facts)),
    '<input type="submit" id="join" value="Save">',
    `Current: ${escaped(settings.text(KEY.ssid) ?? 'NONE')}`,
    '<div class="nonets">None found</div></form></body></html>',
  ].join('\n');
}

type Field = (settings: Settings, facts: PageFacts) => string;

const input =
  (name: string, value: (settings: Settings) => string = () => ''): Field =>
  (settings) =>
    `<input type="text" name="${name}" value="${escaped(value(settings))}">`;

const secret =
  (name: string): Field =>
  () =>
    `<input type="password" name="${name}" maxlength="63">`;

const box =
  (name: string, isChecked: (settings: Settings) => boolean = () => false): Field =>
  (settings) =>
    `<input type="checkbox" name="${name}" value="y"${isChecked(settings) ? ' checked' : ''}>`;

const script =
  (name: string): Field =>
  (settings) =>
    `<textarea name="${name}">${escaped(settings.text(KEY.script) ?? '')}</textarea>`;

const choice =
  (
    name: string,
    values: readonly (readonly [number, string])[],
    chosen: (settings: Settings) => number,
  ): Field =>
  (settings) =>
    `<select name="${name}">${values
      .map(
        ([value, text]) =>
          `<option value="${value}"${value === chosen(settings) ? ' selected' : ''}>${text}</option>`,
      )
      .join('')}</select>`;

const wifiMode = (name: string): Field =>
  choice(
    name,
    ['Normal', 'Force BSSID', 'Passive Roaming', 'Active Roaming', 'Roaming at boot'].map(
      (text, value) => [value, text] as const,
    ),
    (settings) => settings.number(KEY.wifiMode) ?? 0,
  );

const FLASH_MODES = ['QIO', 'QOUT', 'DIO', 'DOUT'] as const;
const flashMode: Field = (settings, facts) =>
  `Flash ${FLASH_MODES[facts.flashMode] ?? '???'} ${choice(
    'fm',
    [[-1, '-'], ...FLASH_MODES.map((text, value) => [value, text] as const)],
    () => -1,
  )(settings, facts)}`;

const server = (settings: Settings): string => settings.text(KEY.server) ?? '';
const port = (settings: Settings): string => String(settings.number(KEY.port) ?? 80);
const hasSsl = (settings: Settings): boolean => (settings.number(KEY.ssl) ?? 0) !== 0;

const wifi = [input('sid'), secret('psw'), input('bid')];
const update = [input('ser', server), input('prt', port), box('ssl', hasSsl)];

const FIELDS: Readonly<Record<PortalPages, readonly Field[]>> = {
  haaboot: [script('cnf'), box('rsy'), box('now'), wifiMode('wm'), flashMode, ...wifi, ...update],
  otamain: [box('rsy'), box('now'), flashMode, ...wifi, ...update],
  haamain: [
    script('cnf'),
    ...['rst', 'rsy', 'now', 'ins', 'ota', 'wap'].map((name) => box(name)),
    secret('app'),
    wifiMode('wm'),
    ...wifi,
  ],
  'old-installer': [
    script('conf'),
    ...['reset_sys', 'nowifi', 'autoota'].map((name) => box(name)),
    wifiMode('wifimode'),
    input('bssid'),
    input('ssid'),
    secret('password'),
    input('reposerver', server),
    input('repoport', port),
    box('repossl', hasSsl),
  ],
};

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
