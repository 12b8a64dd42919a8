import { sanitize } from '../core/text.ts';
import { includes, indexOf, latin1 } from './bytes.ts';
import type { AppDescriptor, Product } from './firmware-file.ts';
import { markerVersionText } from './tasmota-marker.ts';

/** Project names that tell the build system, not the firmware. */
const BUILDER_PROJECTS: readonly string[] = ['arduino-lib-builder', 'lib-builder', 'esp-idf', 'app-template'];

/** The project of a descriptor, unless it only names the tool that built it. */
export const projectName = (descriptor: AppDescriptor | undefined): string | undefined =>
  descriptor == null || descriptor.project === '' || BUILDER_PROJECTS.includes(descriptor.project)
    ? undefined
    : descriptor.project;

/** Which firmware these bytes are, by their own strings. Cost: a few searches at memory speed. */
export const recognizeProduct = (bytes: Uint8Array): Product | undefined =>
  readEsphome(bytes) ??
  readTasmota(bytes) ??
  readEspurna(bytes) ??
  readHaa(bytes) ??
  readNamed(bytes) ??
  readMongoose(bytes);

/** `Tasmota 9.2.0 (lite)`. */
export const productText = ({ name, version, variant }: Product): string =>
  [name, version, variant == null ? undefined : `(${variant})`].filter((word) => word != null).join(' ');

/** The first match of `pattern` in the text that starts with `lead`, among the first places of `lead`. */
function matchAfter(bytes: Uint8Array, lead: string, pattern: RegExp): RegExpExecArray | undefined {
  let at = indexOf(bytes, lead);
  for (let tries = 0; at >= 0 && tries < 50; tries++, at = indexOf(bytes, lead, at + 1)) {
    const match = pattern.exec(latin1(bytes.subarray(at, at + 160)));
    if (match != null) return match;
  }
  return undefined;
}

/** Its boot log line stands in the image: `ESPHome version 2024.6.0 compiled on …`. */
function readEsphome(bytes: Uint8Array): Product | undefined {
  const log = matchAfter(bytes, 'ESPHome version ', /^ESPHome version ([\w.+-]{1,32}) compiled on/);
  if (log?.[1] != null) return { name: 'ESPHome', version: log[1] };
  // Built with the log turned off: the mDNS service and the names of its own log tags remain.
  return includes(bytes, '_esphomelib') ? { name: 'ESPHome' } : undefined;
}

const TASMOTA_VARIANTS: readonly string[] = [
  ...['minimal', 'lite', 'safeboot', 'sensors', 'knx', 'display', 'ir', 'zbbridge', 'zigbee', 'zbbrdgpro'],
  ...['bluetooth', 'webcam', 'lvgl', 'odroid-go', 'core2', 'nspanel', 'solo1', '4M'],
];

function readTasmota(bytes: Uint8Array): Product | undefined {
  if (!includes(bytes, 'Tasmota')) return undefined;
  const words = latin1(bytes);
  // The whole text, where a build has it: `9.2.0(lite)`.
  const said = /(\d{1,2}\.\d{1,2}\.\d{1,2})(?:\.\d{1,4})?\((tasmota[\w-]{0,16}|[a-z]\w{1,16})\)/.exec(words);
  const version = said?.[1] ?? markerVersionText(bytes);
  const variant = said?.[2] ?? findTasmotaVariant(words);
  if (variant == null && version == null && !includes(bytes, 'ota.tasmota.com')) return undefined;
  return { name: 'Tasmota', ...(version != null && { version }), ...(variant != null && { variant }) };
}

/** More names than any image has; a file made of them must not be searched to its end. */
const MAX_VARIANT_HITS = 1000;

/**
 * Each build names itself in a string of its own (CODE_IMAGE_STR), kept beside the project name `tasmota` in the
 * images looked at; a bare word elsewhere may be a command and counts only when no other is there.
 */
function findTasmotaVariant(words: string): string | undefined {
  const pattern = new RegExp(`\\0(${TASMOTA_VARIANTS.join('|')}|tasmota(?:32[\\w-]{0,16})?)(?=\\0)`, 'g');
  const names = new Set<string>();
  for (let hits = 0; hits < MAX_VARIANT_HITS; hits++) {
    const name = pattern.exec(words)?.[1];
    if (name == null) break;
    if (words.startsWith('\0tasmota\0', pattern.lastIndex)) return name;
    names.add(name);
  }
  const project = [...names].filter((name) => name.startsWith('tasmota'));
  const alone = [...names].filter((name) => !name.startsWith('tasmota'));
  if (alone.length === 1) return alone[0];
  return project.find((name) => name !== 'tasmota') ?? (alone.length === 0 ? project[0] : undefined);
}

function readEspurna(bytes: Uint8Array): Product | undefined {
  const match = matchAfter(bytes, 'ESPURNA ', /^ESPURNA (\d[\w.+-]{1,24})/);
  return match?.[1] == null ? undefined : { name: 'ESPurna', version: match[1] };
}

function readHaa(bytes: Uint8Array): Product | undefined {
  const installer = matchAfter(bytes, 'HAA Installer ', /^HAA Installer (\d[\w.]{1,16})/);
  if (installer?.[1] != null) return { name: 'HAA installer', version: installer[1] };
  const main = matchAfter(bytes, 'Home Accessory Architect ', /^Home Accessory Architect (\d[\w.]{1,16})/);
  if (main?.[1] != null) return { name: 'HAA', version: main[1] };
  return includes(bytes, 'RavenSystem/haa') ? { name: 'HAA' } : undefined;
}

/** Firmware that only has a name to go by. */
const NAMED: readonly (readonly [needle: string, name: string])[] = [
  ['VTRUST-FLASH', 'VTRUST-FLASH'],
  ['ESP Easy', 'ESPEasy'],
  ['WLED-', 'WLED'],
  // The small updater that Athom's plugs are sent through: an access point of this name with an upload page.
  ['ESP_UPDATE_', 'Athom updater'],
  ['MIIO_', 'Xiaomi miio firmware'],
  ['miio_', 'Xiaomi miio firmware'],
];

function readNamed(bytes: Uint8Array): Product | undefined {
  const name = NAMED.find(([needle]) => includes(bytes, needle))?.[1];
  return name == null ? undefined : { name };
}

function readMongoose(bytes: Uint8Array): Product | undefined {
  if (!includes(bytes, 'Mongoose OS')) return undefined;
  const app = matchAfter(bytes, '"app": "', /^"app": "([\w.-]{1,40})"/)?.[1];
  return { name: 'Mongoose OS', ...(app != null && { variant: sanitize(app) }) };
}
