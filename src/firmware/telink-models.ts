import { BenchError } from '../core/errors.ts';

/** Thermometers with a Telink chip, by the name their maker gave them. */
export type TelinkModel =
  | 'LYWSD03MMC'
  | 'MHO-C401'
  | 'MHO-C401N'
  | 'MHO-C122'
  | 'CGG1'
  | 'CGG1-M'
  | 'CGDK2'
  | 'MJWSD05MMC'
  | 'MJWSD05MMC-EN'
  | 'MJWSD06MMC'
  | 'LYWSD02MMC';

/** A stretch of flash, bytes. */
export interface FlashArea {
  readonly offset: number;
  readonly length: number;
}

/** What is unique to a unit and must be there after everything that is done to it. */
export interface UniqueArea extends FlashArea {
  readonly id: 'hardware' | 'mac' | 'hardware-copy' | 'trim' | 'mi-keys';
  readonly title: string;
  /** Records that grow: to be read piece by piece until a piece is erased. */
  readonly untilErased?: boolean;
}

/** How one model's flash is laid out. */
export interface TelinkProfile {
  readonly model: TelinkModel;
  readonly flashSizeBytes: number;
  /** Firmware banks; a bank starts when the byte at 8 of it is 4B. */
  readonly banks: readonly FlashArea[];
  /** The largest image an update over the air takes (the second bank), bytes. */
  readonly otaLimitBytes: number;
  /** What is read for every backup; the rest of these sectors is erased flash. */
  readonly unique: readonly UniqueArea[];
  /** Settings of the pvvx firmware. */
  readonly settings: FlashArea;
  readonly macOrder: 'little-endian' | 'big-endian';
}

/** Telink-swire reference, section 7: a dump of a B1.4 and the pvvx sources. */
export const LYWSD03MMC: TelinkProfile = {
  model: 'LYWSD03MMC',
  flashSizeBytes: 0x8_0000,
  banks: [
    { offset: 0, length: 0x2_0000 },
    { offset: 0x2_0000, length: 0x2_0000 },
    // Zigbee and images larger than a bank; they may fill all up to the history at 0x4F000 in place of both.
    { offset: 0x4_0000, length: 0x3_4000 },
  ],
  otaLimitBytes: 0x2_0000,
  unique: [
    { id: 'hardware', title: 'hardware and serial text', offset: 0x5_5000, length: 32 },
    { id: 'mac', title: 'MAC', offset: 0x7_6000, length: 16 },
    { id: 'hardware-copy', title: 'copy of the hardware text', offset: 0x7_6fe0, length: 32 },
    { id: 'trim', title: 'crystal trim', offset: 0x7_7000, length: 16 },
    { id: 'mi-keys', title: 'Mi keys', offset: 0x7_8000, length: 0x1000, untilErased: true },
  ],
  settings: { offset: 0x7_c000, length: 0x4000 },
  macOrder: 'little-endian',
};

const PROFILES: readonly TelinkProfile[] = [LYWSD03MMC];

/** Where a sibling keeps its MAC and hardware text: enough to name it, not to write it. */
export interface TelinkTraits {
  readonly mac: { readonly offset: number; readonly order: 'little-endian' | 'big-endian' };
  readonly hardwareOffset?: number;
  /** Whether the key records are of the known form. */
  readonly knownKeys: boolean;
}

const LITTLE_ENDIAN_MAC = { offset: 0x7_6000, order: 'little-endian' } as const;
const BIG_ENDIAN_MAC = { offset: 0x7_6000, order: 'big-endian' } as const;
/** CGDK2 and the CGG1 of 2022 keep a 5A in front of the MAC. */
const MARKED_MAC = { offset: 0x7_6001, order: 'big-endian' } as const;
const USUAL: TelinkTraits = { mac: LITTLE_ENDIAN_MAC, hardwareOffset: 0x5_5000, knownKeys: false };

const TRAITS: Readonly<Record<TelinkModel, TelinkTraits>> = {
  LYWSD03MMC: { ...USUAL, knownKeys: true },
  'MHO-C401': USUAL,
  'MHO-C401N': USUAL,
  'MHO-C122': USUAL,
  CGG1: { mac: BIG_ENDIAN_MAC, knownKeys: false },
  'CGG1-M': { mac: MARKED_MAC, knownKeys: false },
  CGDK2: { mac: MARKED_MAC, knownKeys: false },
  MJWSD05MMC: { ...USUAL, hardwareOffset: 0x7_d000 },
  'MJWSD05MMC-EN': { ...USUAL, hardwareOffset: 0x7_d000 },
  MJWSD06MMC: USUAL,
  LYWSD02MMC: USUAL,
};

export const traitsOf = (model: TelinkModel): TelinkTraits => TRAITS[model];

/** Throws MODEL_WITHOUT_PROFILE. */
export function profileOf(model: TelinkModel): TelinkProfile {
  const profile = PROFILES.find((one) => one.model === model);
  if (profile != null) return profile;
  throw new BenchError('MODEL_WITHOUT_PROFILE', {
    message: `This is a ${model}; benchflash has no flash map for that model, only for ${PROFILES.map((one) => one.model).join(', ')}.`,
    detail: { model },
  });
}

/**
 * Hardware ids of the pvvx firmware, the low byte of its image type; order of the index that its web flasher uses. Ids of
 * other makers' sensors are left out: they are no thermometers of this family.
 */
const MODEL_OF_HARDWARE_ID: Readonly<Record<number, TelinkModel>> = {
  0: 'LYWSD03MMC',
  1: 'MHO-C401',
  2: 'CGG1',
  3: 'LYWSD03MMC',
  4: 'LYWSD03MMC',
  5: 'LYWSD03MMC',
  6: 'CGDK2',
  7: 'CGG1-M',
  8: 'MHO-C401N',
  9: 'MJWSD05MMC',
  10: 'LYWSD03MMC',
  11: 'MHO-C122',
  12: 'MJWSD05MMC-EN',
  13: 'MJWSD06MMC',
  14: 'LYWSD03MMC',
};

export const modelOfHardwareId = (id: number): TelinkModel | undefined => MODEL_OF_HARDWARE_ID[id];

/** Texts by which stock firmware names its model; the longer ones first, where one begins another. */
export const MODEL_TEXTS: readonly (readonly [text: string, model: TelinkModel])[] = [
  ['LYWSD03MMC', 'LYWSD03MMC'],
  ['MHO-C401', 'MHO-C401'],
  ['MJWSD05MMC', 'MJWSD05MMC'],
  ['MJWSD06MMC', 'MJWSD06MMC'],
  ['LYWSD02MMC', 'LYWSD02MMC'],
  ['Qingping Temp & RH M', 'CGG1'],
];
