import type { EspChipName, FlashMode } from './firmware-file.ts';

/** Half-open range of addresses. */
type Range = readonly [start: number, end: number];

export interface EspChip {
  readonly name: EspChipName;
  /** Chip id of the extended header; undefined for the ESP8266, whose images carry none. */
  readonly imageId: number | undefined;
  /** Where the ROM looks for its first image, bytes. */
  readonly bootOffset: number;
  /** Addresses at which flash is mapped: a segment there makes an image an application (ESP-IDF soc.h). */
  readonly mapped: readonly Range[];
  /** Flash sizes by the high nibble of header byte 3, bytes. */
  readonly sizes: Readonly<Record<number, number>>;
  /** Flash clocks by the low nibble of header byte 3, MHz. */
  readonly freqs: Readonly<Record<number, number>>;
}

const MIB = 0x10_0000;
const SIZES_ESP32: EspChip['sizes'] = {
  0: MIB,
  1: 2 * MIB,
  2: 4 * MIB,
  3: 8 * MIB,
  4: 16 * MIB,
  5: 32 * MIB,
  6: 64 * MIB,
  7: 128 * MIB,
};
/** Nibbles 5 and 6 are the 1 MiB + 1 MiB maps of 2 and 4 MiB chips. */
const SIZES_ESP8266: EspChip['sizes'] = {
  0: MIB / 2,
  1: MIB / 4,
  2: MIB,
  3: 2 * MIB,
  4: 4 * MIB,
  5: 2 * MIB,
  6: 4 * MIB,
  8: 8 * MIB,
  9: 16 * MIB,
};
const FREQS: EspChip['freqs'] = { 0: 40, 1: 26, 2: 20, 15: 80 };

/** Header fields by chip: esp-rom-loader reference, sections 8 and 13; clocks of C2, C6, H2 as esptool has them. */
export const ESP_CHIPS: readonly EspChip[] = [
  {
    name: 'ESP8266',
    imageId: undefined,
    bootOffset: 0,
    mapped: [[0x4020_0000, 0x4030_0000]],
    sizes: SIZES_ESP8266,
    freqs: FREQS,
  },
  {
    name: 'ESP32',
    imageId: 0,
    bootOffset: 0x1000,
    mapped: [
      [0x3f40_0000, 0x3f80_0000],
      [0x400d_0000, 0x4040_0000],
    ],
    sizes: SIZES_ESP32,
    freqs: FREQS,
  },
  {
    name: 'ESP32-S2',
    imageId: 2,
    bootOffset: 0x1000,
    mapped: [
      [0x3f00_0000, 0x3f3f_0000],
      [0x4008_0000, 0x40b8_0000],
    ],
    sizes: SIZES_ESP32,
    freqs: FREQS,
  },
  {
    name: 'ESP32-C3',
    imageId: 5,
    bootOffset: 0,
    mapped: [
      [0x3c00_0000, 0x3c80_0000],
      [0x4200_0000, 0x4280_0000],
    ],
    sizes: SIZES_ESP32,
    freqs: FREQS,
  },
  {
    name: 'ESP32-S3',
    imageId: 9,
    bootOffset: 0,
    mapped: [
      [0x3c00_0000, 0x3e00_0000],
      [0x4200_0000, 0x4400_0000],
    ],
    sizes: SIZES_ESP32,
    freqs: FREQS,
  },
  {
    name: 'ESP32-C2',
    imageId: 12,
    bootOffset: 0,
    mapped: [
      [0x3c00_0000, 0x3c40_0000],
      [0x4200_0000, 0x4240_0000],
    ],
    sizes: SIZES_ESP32,
    freqs: { 0: 30, 1: 20, 2: 15, 15: 60 },
  },
  {
    name: 'ESP32-C6',
    imageId: 13,
    bootOffset: 0,
    mapped: [[0x4200_0000, 0x4300_0000]],
    sizes: SIZES_ESP32,
    freqs: { 0: 40, 2: 20, 15: 80 },
  },
  {
    name: 'ESP32-H2',
    imageId: 16,
    bootOffset: 0,
    mapped: [[0x4200_0000, 0x4300_0000]],
    sizes: SIZES_ESP32,
    freqs: { 0: 24, 1: 16, 2: 12, 15: 48 },
  },
];

export function chipByName(name: EspChipName): EspChip {
  const chip = ESP_CHIPS.find((entry) => entry.name === name);
  if (chip == null) throw new RangeError(`There is no chip ${name}.`);
  return chip;
}

export const chipByImageId = (id: number): EspChip | undefined =>
  ESP_CHIPS.find((entry) => entry.imageId === id);

export const isMapped = (chip: EspChip, address: number): boolean =>
  chip.mapped.some(([start, end]) => address >= start && address < end);

/** By header byte 2. */
export const FLASH_MODES: readonly FlashMode[] = ['qio', 'qout', 'dio', 'dout'];

/** `3.0` for 300. */
export const revisionText = (revision: number): string => `v${Math.floor(revision / 100)}.${revision % 100}`;
