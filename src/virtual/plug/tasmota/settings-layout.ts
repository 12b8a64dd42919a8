import { putU32, u16, u32 } from '../../bytes.ts';
import { idfCrc32 } from '../../esp/crc.ts';
import { versionWord } from './build.ts';

export const SETTINGS_BYTES = 4096;
export const SECTOR_BYTES = 4096;
/** Slot that survives an update: the others lie where updates are staged. */
export const LASTING_SLOT = 0xf_b000;
/** Seven more, used in turn from the top down. */
export const TURN_SLOTS = [0xf_a000, 0xf_9000, 0xf_8000, 0xf_7000, 0xf_6000, 0xf_5000, 0xf_4000];

/** Offsets of fields in the settings (Tasmota `settings.h`). */
export const AT = {
  holder: 0x000,
  size: 0x002,
  saveCount: 0x004,
  version: 0x008,
  bootCount: 0x00c,
  flag: 0x010,
  texts: 0x017,
  power: 0x2e8,
  params: 0x2fc,
  flag3: 0x3a0,
  gpios: 0x3fc,
  module: 0x474,
  templateBase: 0x71f,
  flag4: 0xef8,
  chipFamily: 0xf36,
  flag5: 0xfb4,
  crc: 0xffc,
} as const;
export const HOLDER = 4617;
export const TEXTS_BYTES = 699;
/** Since then all texts stand one after the other; before, each had its place. */
export const TEXT_POOL_SINCE = versionWord(8);

/** Texts of the pool in their order; those in between that nobody here uses are counted. */
export const TEXT_INDEX = {
  OtaUrl: 0,
  Prefix1: 1,
  Prefix2: 2,
  Prefix3: 3,
  SSId1: 4,
  SSId2: 5,
  Password1: 6,
  Password2: 7,
  Hostname: 8,
  LogHost: 9,
  WebPassword: 10,
  CORS: 11,
  MqttHost: 12,
  MqttClient: 13,
  MqttUser: 14,
  MqttPassword: 15,
  FullTopic: 16,
  Topic: 17,
  ButtonTopic: 18,
  SwitchTopic: 19,
  GroupTopic1: 20,
  FriendlyName1: 44,
  TemplateName: 71,
  DeviceName: 76,
} as const;
export type SettingsText = keyof typeof TEXT_INDEX;
export const TEXT_COUNT = 77;

/** Fixed places of versions before 8: offset and length. */
export const OLD_PLACES: Partial<Record<SettingsText, readonly [number, number]>> = {
  OtaUrl: [0x017, 101],
  SSId1: [0x0a1, 33],
  SSId2: [0x0c2, 33],
  Password1: [0x0e3, 65],
  Password2: [0x124, 65],
  Hostname: [0x165, 33],
  MqttHost: [0x1e9, 33],
  MqttUser: [0x22d, 33],
  MqttPassword: [0x24e, 33],
  Topic: [0x26f, 33],
  WebPassword: [0x4a9, 33],
};

export const nextSlot = (slot: number): number =>
  [LASTING_SLOT, ...TURN_SLOTS][(TURN_SLOTS.indexOf(slot) + 2) % (TURN_SLOTS.length + 1)]!;

export const isWhole = (bytes: Uint8Array): boolean =>
  u32(bytes, AT.version) > 0x0600_0000 &&
  u16(bytes, AT.size) === SETTINGS_BYTES &&
  settingsCrc(bytes) === u32(bytes, AT.crc);

export const seal = (bytes: Uint8Array): void => putU32(bytes, AT.crc, settingsCrc(bytes));

/** CRC-32 with a register that starts at zero, inverted in the end, which is how ESP-IDF has it too. */
const settingsCrc = (bytes: Uint8Array): number => idfCrc32(bytes.subarray(0, AT.crc));

const KEY = 0x5a;

/** Undoes itself. */
export const obfuscated = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index < 2 ? byte : byte ^ ((KEY + index) & 0xff)));

/** Offset, and bit where it is one. */
export function optionPlace(index: number): readonly [number, number | undefined] | undefined {
  if (index < 0 || index > 145) return undefined;
  if (index >= 114) return [AT.flag5, index - 114];
  if (index >= 82) return [AT.flag4, index - 82];
  if (index >= 50) return [AT.flag3, index - 50];
  if (index >= 32) return [AT.params + index - 32, undefined];
  return [AT.flag, index];
}
