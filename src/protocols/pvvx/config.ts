import { CodecError } from '../../core/codec-error.ts';

export const ADVERTISING_FORMATS = ['atc1441', 'pvvx', 'mi', 'bthome'] as const;
export type AdvertisingFormat = (typeof ADVERTISING_FORMATS)[number];

/** Settings of the configuration bytes. What is left out stays as the unit has it. */
export interface PvvxConfig {
  readonly advertisingFormat?: AdvertisingFormat;
  readonly comfortSmiley?: boolean;
  readonly showClock?: boolean;
  readonly fahrenheit?: boolean;
  readonly showBattery?: boolean;
  readonly sendMeasurements?: boolean;
  readonly lowPowerMeasurements?: boolean;
  /** 0 to 7, see app.h of the firmware; used where `comfortSmiley` is off. */
  readonly smiley?: number;
  readonly encryptAdvertising?: boolean;
  readonly advertisingFlags?: boolean;
  readonly screenOff?: boolean;
  /** 62.5 to 10_000, in steps of 62.5. */
  readonly advertisingIntervalMs?: number;
  /** Measures every n-th advertisement, 2 to 25. */
  readonly measureEvery?: number;
  /** Register value of the transmitter, 130 (-25 dBm) to 191 (+3 dBm). */
  readonly transmitPower?: number;
  /** 500 to 12_750, in steps of 50. */
  readonly displayStepMs?: number;
  /** 0 (off) to 255 measurements. */
  readonly averaging?: number;
}

/**
 * The configuration as the unit holds it. The bytes are kept as they came: newer firmware has more of them, and the
 * meaning of bytes 2 and 3 has changed (offsets, then further flags).
 */
export interface ConfigBytes {
  /** Version of the layout, in replies only. */
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** Bytes up to the display step: all that any version has. */
const MIN_CONFIG_BYTES = 9;
const AVERAGING_OFFSET = 10;
/** Hardware, set by the unit itself. */
const HARDWARE_OFFSET = 9;
const INTERVAL_STEP_MS = 62.5;
const DISPLAY_STEP_MS = 50;

interface Field {
  readonly offset: number;
  readonly shift: number;
  readonly mask: number;
}
const bit = (offset: number, shift: number): Field => ({ offset, shift, mask: 1 });
const whole = (offset: number): Field => ({ offset, shift: 0, mask: 0xff });

interface Setting {
  readonly field: Field;
  readonly encode: (value: never) => number;
  readonly decode: (raw: number) => PvvxConfig[keyof PvvxConfig];
}
const flag = (field: Field): Setting => ({
  field,
  encode: (value: boolean) => (value ? 1 : 0),
  decode: (raw) => raw === 1,
});
const number = (field: Field, name: string, min: number, max: number, step = 1): Setting => ({
  field,
  encode: (value: number) => {
    const raw = value / step;
    if (!Number.isInteger(raw) || value < min || value > max)
      throw new RangeError(`${name} is ${min} to ${max} in steps of ${step}, not ${value}`);
    return raw;
  },
  decode: (raw) => raw * step,
});

const SETTINGS: { readonly [K in keyof PvvxConfig]-?: Setting } = {
  advertisingFormat: {
    field: { offset: 0, shift: 0, mask: 3 },
    encode: (value: AdvertisingFormat) => ADVERTISING_FORMATS.indexOf(value),
    decode: (raw) => ADVERTISING_FORMATS[raw]!,
  },
  comfortSmiley: flag(bit(0, 2)),
  showClock: flag(bit(0, 3)),
  fahrenheit: flag(bit(0, 4)),
  showBattery: flag(bit(0, 5)),
  sendMeasurements: flag(bit(0, 6)),
  lowPowerMeasurements: flag(bit(0, 7)),
  smiley: number({ offset: 1, shift: 0, mask: 7 }, 'the smiley', 0, 7),
  encryptAdvertising: flag(bit(1, 3)),
  advertisingFlags: flag(bit(1, 4)),
  screenOff: flag(bit(1, 7)),
  advertisingIntervalMs: number(
    whole(4),
    'the advertising interval (ms)',
    INTERVAL_STEP_MS,
    10_000,
    INTERVAL_STEP_MS,
  ),
  measureEvery: number(whole(5), 'the measuring interval (advertisements)', 2, 25),
  transmitPower: number(whole(6), 'the transmit power', 130, 191),
  displayStepMs: number(whole(8), 'the display step (ms)', 500, 12_750, DISPLAY_STEP_MS),
  averaging: number(whole(AVERAGING_OFFSET), 'the averaging', 0, 255),
};
const NAMES = Object.keys(SETTINGS) as (keyof PvvxConfig)[];

/**
 * From the reply to command 55: a version byte, then the configuration. Throws CodecError. Long range is no setting
 * here: it makes the unit invisible to most adapters, ours included.
 */
export function decodeConfigReply(data: Uint8Array): ConfigBytes {
  if (data.length < 1 + MIN_CONFIG_BYTES) throw new CodecError(`configuration of ${data.length} bytes`);
  return { version: data[0]!, bytes: data.slice(1) };
}

export function readConfig({ bytes }: ConfigBytes): PvvxConfig {
  return Object.fromEntries(
    NAMES.filter((name) => SETTINGS[name].field.offset < bytes.length).map((name) => {
      const { field, decode } = SETTINGS[name];
      return [name, decode((bytes[field.offset]! >> field.shift) & field.mask)];
    }),
  );
}

/** The bytes to write after command 55: no version byte. Throws RangeError for what the firmware has no place for. */
export function withConfig({ bytes }: ConfigBytes, wanted: PvvxConfig): Uint8Array {
  const changed = bytes.slice();
  for (const name of NAMES) {
    const value = wanted[name];
    if (value === undefined) continue;
    const { field, encode } = SETTINGS[name];
    if (field.offset >= changed.length) throw new RangeError(`this firmware has no setting "${name}"`);
    const raw = (encode as (value: unknown) => number)(value);
    changed[field.offset] =
      (changed[field.offset]! & ~(field.mask << field.shift)) | ((raw & field.mask) << field.shift);
  }
  return changed;
}

/** Which of the wanted settings the unit does not have; what it sets by itself does not count. */
export function configDifferences(held: ConfigBytes, wanted: PvvxConfig): readonly (keyof PvvxConfig)[] {
  const goal = withConfig(held, wanted);
  return NAMES.filter((name) => {
    const { offset } = SETTINGS[name].field;
    return wanted[name] !== undefined && offset !== HARDWARE_OFFSET && goal[offset] !== held.bytes[offset];
  }).filter((name) => readConfig(held)[name] !== wanted[name]);
}
