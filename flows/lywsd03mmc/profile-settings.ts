import { BenchError } from '../../src/core/errors.ts';
import { withConfig } from '../../src/protocols/pvvx/config.ts';
import {
  ADVERTISING_FORMATS,
  MAX_NAME_BYTES,
  type AdvertisingFormat,
  type ComfortLimits,
  type PvvxConfig,
} from '../../src/protocols/pvvx/index.ts';
import type { SettingSpec, Settings } from '../flow.ts';
import { fillName } from '../fill-name.ts';

/** What a tray of units is set to once pvvx firmware runs on them. What is left out stays as the unit has it. */
export interface ProfileOptions {
  readonly config: PvvxConfig;
  readonly comfort: ComfortLimits | undefined;
  /** Template of the name, see `fillName`. */
  readonly name: string | undefined;
  /** The Mi bind key of the unit also opens what pvvx encrypts. */
  readonly miBindKey: boolean;
  readonly clock: boolean;
}

const KEEP = { value: 'keep', title: 'as the unit has it' } as const;
const yesNo = (key: string, title: string, help: string): SettingSpec => ({
  key,
  title,
  help,
  kind: 'choice',
  choices: [KEEP, { value: 'yes', title: 'yes' }, { value: 'no', title: 'no' }],
  default: 'keep',
});

const FORMAT_TITLES: Readonly<Record<AdvertisingFormat, string>> = {
  atc1441: 'atc1441',
  pvvx: 'pvvx custom',
  mi: 'Mi beacon',
  bthome: 'BTHome v2 (Home Assistant by itself)',
};

/** Settings of the profile; units with other firmware than pvvx do not take it. */
export const profileSettings: readonly SettingSpec[] = [
  {
    key: 'advertising',
    title: 'Advertising format',
    help: 'What pvvx firmware sends. BTHome is what it sends by itself.',
    kind: 'choice',
    choices: [KEEP, ...ADVERTISING_FORMATS.map((value) => ({ value, title: FORMAT_TITLES[value] }))],
    default: 'keep',
  },
  {
    key: 'advertising-ms',
    title: 'Advertising interval, ms',
    help: '62.5 to 10000 in steps of 62.5; empty: as the unit has it. Longer saves the cell.',
    kind: 'number',
    min: 62.5,
    max: 10_000,
  },
  {
    key: 'measure-every',
    title: 'Measures every n-th advertisement',
    help: '2 to 25; empty: as the unit has it.',
    kind: 'number',
    min: 2,
    max: 25,
  },
  yesNo('encrypt', 'Encrypted advertising', 'Only who has the bind key can read it; the record has the key.'),
  {
    key: 'bind-key-of',
    title: 'Bind key',
    help: 'own: the one pvvx made up. mi: that of its Mi keys, so that what knew the unit before goes on reading it.',
    kind: 'choice',
    choices: [
      { value: 'own', title: 'its own' },
      { value: 'mi', title: 'that of its Mi keys' },
    ],
    default: 'own',
  },
  {
    key: 'unit-name',
    title: 'Name on the air',
    help: 'Empty: as it is. {number} is the number of the run, {last6} the end of the MAC, e.g. T{number}.',
    kind: 'text',
  },
  {
    key: 'temperature-unit',
    title: 'Temperature shown in',
    help: 'Display only.',
    kind: 'choice',
    choices: [KEEP, { value: 'C', title: 'degrees Celsius' }, { value: 'F', title: 'degrees Fahrenheit' }],
    default: 'keep',
  },
  yesNo('show-battery', 'Battery on the display', 'Shown in turn with the values.'),
  yesNo('show-clock', 'Clock on the display', 'Shown in turn with the values.'),
  yesNo('comfort-smiley', 'Smiley by comfort', 'Laughs between the limits of comfort-range.'),
  {
    key: 'comfort-range',
    title: 'Comfort limits',
    help: 'Low and high degrees Celsius, low and high percent, e.g. 20,25,40,60; empty: as the unit has them.',
    kind: 'text',
  },
  {
    key: 'clock',
    title: 'Set the clock',
    help: 'To the time of this computer.',
    kind: 'boolean',
    default: 'yes',
  },
];

/** Throws USAGE for what the firmware could not be set to. */
export function profileOptions(settings: Settings): ProfileOptions {
  const format = settings['advertising'];
  const unit = settings['temperature-unit'];
  const config: PvvxConfig = {
    ...(format != null && format !== 'keep' && { advertisingFormat: format as AdvertisingFormat }),
    ...numberOf(settings, 'advertising-ms', 'advertisingIntervalMs'),
    ...numberOf(settings, 'measure-every', 'measureEvery'),
    ...flagOf(settings, 'encrypt', 'encryptAdvertising'),
    ...(unit != null && unit !== 'keep' && { fahrenheit: unit === 'F' }),
    ...flagOf(settings, 'show-battery', 'showBattery'),
    ...flagOf(settings, 'show-clock', 'showClock'),
    ...flagOf(settings, 'comfort-smiley', 'comfortSmiley'),
  };
  try {
    withConfig(LARGEST_CONFIG, config);
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return {
    config,
    comfort: comfortOf(settings['comfort-range']),
    name: nameOf(settings['unit-name']),
    miBindKey: settings['bind-key-of'] === 'mi',
    clock: settings['clock'] !== 'no',
  };
}

/** Whether anything of it was asked for; the clock is set anyway. */
export const isProfile = ({ config, comfort, name, miBindKey }: ProfileOptions): boolean =>
  Object.keys(config).length > 0 || comfort != null || name != null || miBindKey;

const LARGEST_CONFIG = { version: 0, bytes: new Uint8Array(11) };

const usage = (why: string, cause?: unknown) =>
  new BenchError('USAGE', { message: `Settings profile: ${why}.`, cause });

function numberOf(settings: Settings, key: string, name: keyof PvvxConfig): Partial<PvvxConfig> {
  const text = settings[key];
  return text == null || text === '' ? {} : { [name]: Number(text) };
}

function flagOf(settings: Settings, key: string, name: keyof PvvxConfig): Partial<PvvxConfig> {
  const choice = settings[key];
  return choice == null || choice === 'keep' ? {} : { [name]: choice === 'yes' };
}

function comfortOf(text: string | undefined): ComfortLimits | undefined {
  if (text == null || text === '') return undefined;
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [coldC, warmC, dry, damp] = values;
  const ordered =
    coldC != null && warmC != null && dry != null && damp != null && coldC < warmC && dry < damp;
  if (values.length !== 4 || !ordered || coldC < -40 || warmC > 85 || dry < 0 || damp > 100)
    throw usage('comfort-range wants low,high degrees (-40 to 85) and low,high percent, e.g. 20,25,40,60');
  return { temperatureC: [coldC, warmC], humidityPercent: [dry, damp] };
}

/** The longest name that a template can come to must fit. */
function nameOf(template: string | undefined): string | undefined {
  if (template == null || template === '') return undefined;
  const longest = fillName(template, { number: 999_999, mac: 'ff:ff:ff:ff:ff:ff' });
  if (!/^[\x20-\x7e]+$/.test(longest) || longest.length > MAX_NAME_BYTES)
    throw usage(`unit-name comes to at most ${MAX_NAME_BYTES} plain characters, {number} counted as six`);
  return template;
}
