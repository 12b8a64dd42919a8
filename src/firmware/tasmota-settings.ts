import { espCrc32 } from './esp-crc.ts';
import { fieldText, u16, u32, u8 } from './bytes.ts';
import { tasmotaVersionText } from './tasmota-marker.ts';

/** Settings of Tasmota 6.6.0.11 and later; before, they had 3584. */
export const SETTINGS_BYTES = 4096;
const OLD_SETTINGS_BYTES = 3584;
/** CONFIG_FILE_XOR of Tasmota; decode-config has the same. */
const KEY = 0x5a;
/** Holder and nothing else stays plain. */
const PLAIN_BYTES = 2;
const FILE_HEADER_BYTES = 16;
const FILE_NAME_BYTES = 14;
const FIRST_FILE = '/.settings';
/** Of every file's size in its header; the first one's is that of everything, itself included. */
const FILE_SIZE_OFFSET = 14;

const SIZE_OFFSET = 2;
const VERSION_OFFSET = 8;
const SUM_OFFSET = 14;
const CHIP_OFFSET = 0xf36;
const CRC_OFFSET = 0xffc;
/** Until this version the sum at 14 is what is checked (Tasmota, SettingsConfigRestore). */
const LAST_SUM_VERSION = 0x0606_000a;
const OLDEST_VERSION = 0x0600_0000;

const CHIPS: readonly string[] = [
  ...['ESP8266', 'ESP32', 'ESP32-S3', 'ESP32-S2', 'ESP32-C3', 'ESP32-C2', 'ESP32-C6', 'ESP32-P4', 'ESP32-C5'],
];

/** A settings backup of Tasmota (`/dl`, `Config_<host>_<version>.dmp`), made readable. */
export interface TasmotaSettings {
  /** `bare`: the settings alone. `with-files`: a unit with a file system adds those of its drivers. */
  readonly form: 'bare' | 'with-files';
  /** 0x09020000 is 9.2.0.0. */
  readonly version: number;
  /** `9.2.0`. */
  readonly versionText: string;
  /** `ESP8266`, `ESP32-C3`; `unknown` for a number that is in no list. A unit of another family refuses it. */
  readonly chip: string;
  /** False: what was read is not what the unit sent. It must not be restored. */
  readonly isSound: boolean;
  /** Counts how often the unit saved; the higher of two is the newer. */
  readonly saveCount: number;
  /** Without obfuscation; holds the Wi-Fi password and others: never to be shown. */
  readonly settings: Uint8Array;
  /** Names of the files behind the settings, as they stand there. */
  readonly files: readonly string[];
}

/**
 * Undefined when this is no settings backup. One that is damaged, or cut behind its settings, comes back with
 * `isSound` false. Obfuscation is its own inverse, and its last word is a CRC-32.
 */
export function parseTasmotaSettings(bytes: Uint8Array): TasmotaSettings | undefined {
  if (hasFileHeader(bytes)) return parseWithFiles(bytes);
  if (bytes.length !== SETTINGS_BYTES && bytes.length !== OLD_SETTINGS_BYTES) return undefined;
  const settings = obfuscate(bytes);
  return looksLikeSettings(settings, bytes.length) ? describe('bare', settings, true, []) : undefined;
}

const hasFileHeader = (bytes: Uint8Array): boolean =>
  fieldText(bytes.subarray(0, FILE_NAME_BYTES)) === FIRST_FILE && bytes.length > FILE_HEADER_BYTES;

function parseWithFiles(bytes: Uint8Array): TasmotaSettings | undefined {
  const isWhole = u16(bytes, FILE_SIZE_OFFSET) === bytes.length;
  const payload = bytes.subarray(FILE_HEADER_BYTES);
  // Descriptions count from the file's start or from the payload's: the CRC-32 tells which it was.
  const readings = [obfuscate(payload), obfuscate(payload, FILE_HEADER_BYTES)];
  const reading =
    readings.find((candidate) => isSoundSettings(candidate.subarray(0, SETTINGS_BYTES))) ??
    readings.find((candidate) => looksLikeSettings(candidate.subarray(0, SETTINGS_BYTES), SETTINGS_BYTES));
  if (reading == null) return undefined;
  const files = readFileNames(reading.subarray(SETTINGS_BYTES));
  return describe('with-files', reading.subarray(0, SETTINGS_BYTES), isWhole && files != null, files ?? []);
}

/** Undefined where a file does not end inside. */
function readFileNames(area: Uint8Array): string[] | undefined {
  const names: string[] = [];
  let at = 0;
  while (at + FILE_HEADER_BYTES <= area.length && u8(area, at) !== 0) {
    const size = u16(area, at + FILE_SIZE_OFFSET);
    names.push(fieldText(area.subarray(at, at + FILE_NAME_BYTES)));
    // Padded to the next 16 bytes, and by 16 where it ends on such a border.
    at += FILE_HEADER_BYTES + Math.floor(size / 16) * 16 + 16;
    if (at > area.length) return undefined;
  }
  return names;
}

function describe(
  form: TasmotaSettings['form'],
  settings: Uint8Array,
  isWhole: boolean,
  files: readonly string[],
): TasmotaSettings {
  const version = u32(settings, VERSION_OFFSET);
  return {
    form,
    version,
    versionText: tasmotaVersionText(version),
    chip: CHIPS[u8(settings, CHIP_OFFSET)] ?? 'unknown',
    isSound: isWhole && isSoundSettings(settings),
    saveCount: u32(settings, 4),
    settings,
    files,
  };
}

/** The same both ways. `from`: the number that the first byte counts as. */
function obfuscate(bytes: Uint8Array, from = 0): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let index = PLAIN_BYTES; index < copy.length; index++)
    copy[index] = (copy[index] ?? 0) ^ ((KEY + from + index) & 0xff);
  return copy;
}

/** Size and version as Tasmota writes them: enough to know what it was meant to be. */
function looksLikeSettings(settings: Uint8Array, length: number): boolean {
  const version = u32(settings, VERSION_OFFSET);
  const expected = version > LAST_SUM_VERSION ? SETTINGS_BYTES : length;
  return u16(settings, SIZE_OFFSET) === expected && version > OLDEST_VERSION && version < 0x4000_0000;
}

function isSoundSettings(settings: Uint8Array): boolean {
  const size = u16(settings, SIZE_OFFSET);
  const version = u32(settings, VERSION_OFFSET);
  if (size > settings.length || version <= OLDEST_VERSION) return false;
  if (version > LAST_SUM_VERSION)
    return size === SETTINGS_BYTES && u32(settings, CRC_OFFSET) === espCrc32(settings.subarray(0, size - 4));
  return u16(settings, SUM_OFFSET) === weightedSum(settings.subarray(0, size));
}

/** Each byte times its number, counted from 1, without the sum itself. */
function weightedSum(settings: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of settings.entries())
    if (index < SUM_OFFSET || index > SUM_OFFSET + 1) sum = (sum + byte * (index + 1)) & 0xffff;
  return sum;
}
