import { hexToUint8Array } from 'uint8array-extras';
import { BenchError } from '../../src/core/errors.ts';
import { last6 } from '../../src/core/identity.ts';
import {
  ADVERTISING_FORMATS,
  MAX_NAME_BYTES,
  type AdvertisingFormat,
  type PvvxConfig,
  type PvvxProfile,
} from '../../src/protocols/pvvx/index.ts';
import type { SettingSpec, Settings } from '../flow.ts';

const keep = { value: 'keep', title: 'as the unit has it' };
const yesNoKeep = [keep, { value: 'yes', title: 'yes' }, { value: 'no', title: 'no' }];
const FORMAT_TITLES: Readonly<Record<AdvertisingFormat, string>> = {
  atc1441: 'atc1441',
  pvvx: 'pvvx custom',
  mi: 'Mi beacon',
  bthome: 'BTHome v2',
};
/** In a name: the last six digits of the unit's MAC. */
const LAST6 = '{last6}';
const INTERVAL_STEP_MS = 62.5;

/** What a tray of units with pvvx firmware is set to, by radio. Each is left as it is unless it is set. */
export const profileSettings: readonly SettingSpec[] = [
  {
    key: 'advertising',
    title: 'Profile: advertising format',
    help: 'What pvvx firmware sends; applied by radio after the flash.',
    kind: 'choice',
    choices: [keep, ...ADVERTISING_FORMATS.map((value) => ({ value, title: FORMAT_TITLES[value] }))],
    default: 'keep',
  },
  {
    key: 'advertising-interval',
    title: 'Profile: advertising interval, ms',
    help: '62.5 to 10000 in steps of 62.5; 2500 is what the firmware comes with.',
    kind: 'number',
    min: INTERVAL_STEP_MS,
    max: 10_000,
  },
  {
    key: 'measure-every',
    title: 'Profile: measures every n-th advertisement',
    help: '2 to 25.',
    kind: 'number',
    min: 2,
    max: 25,
  },
  {
    key: 'degrees',
    title: 'Profile: temperature on the display',
    help: 'Celsius or Fahrenheit.',
    kind: 'choice',
    choices: [keep, { value: 'celsius', title: 'Celsius' }, { value: 'fahrenheit', title: 'Fahrenheit' }],
    default: 'keep',
  },
  {
    key: 'show-battery',
    title: 'Profile: battery on the display',
    help: 'Shows the level in turn with the humidity.',
    kind: 'choice',
    choices: yesNoKeep,
    default: 'keep',
  },
  {
    key: 'show-clock',
    title: 'Profile: clock on the display',
    help: 'The clock is set when this is yes.',
    kind: 'choice',
    choices: yesNoKeep,
    default: 'keep',
  },
  {
    key: 'name',
    title: 'Profile: name on the air',
    help: `At most ${MAX_NAME_BYTES} characters; ${LAST6} stands for the last six digits of the MAC.`,
    kind: 'text',
  },
  {
    key: 'bind-key',
    title: 'Profile: bind key',
    help: '32 hexadecimal digits, the same for all units of the tray; the advertisements are then encrypted with it.',
    kind: 'secret',
  },
];

/** What is to be set at the unit with this MAC. */
export type TrayProfile = (mac: string) => PvvxProfile;

/** Undefined when nothing of it is set. Throws USAGE. `localEpochSeconds`: see PvvxProfile. */
export function trayProfile(settings: Settings, localEpochSeconds: () => number): TrayProfile | undefined {
  const config = configOf(settings);
  const name = text(settings['name']);
  const bindKey = bindKeyOf(text(settings['bind-key']));
  if (Object.keys(config).length === 0 && name == null && bindKey == null) return undefined;
  if (name != null) refuseName(name);
  return (mac) => ({
    config: { ...config, ...(bindKey != null && { encryptAdvertising: true }) },
    ...(bindKey != null && { bindKey }),
    ...(config.showClock === true && { localEpochSeconds }),
    ...(name != null && { name: name.replaceAll(LAST6, last6(mac).toUpperCase()) }),
  });
}

const text = (value: string | undefined): string | undefined =>
  value == null || value.trim() === '' ? undefined : value.trim();

function configOf(settings: Settings): PvvxConfig {
  const format = settings['advertising'] ?? 'keep';
  const degrees = settings['degrees'] ?? 'keep';
  const interval = text(settings['advertising-interval']);
  const measureEvery = text(settings['measure-every']);
  if (interval != null && Number(interval) % INTERVAL_STEP_MS !== 0)
    throw usage(`advertising-interval: ${interval} is no multiple of ${INTERVAL_STEP_MS} ms.`);
  if (measureEvery != null && !Number.isInteger(Number(measureEvery)))
    throw usage(`measure-every: ${measureEvery} is no whole number.`);
  return {
    ...(format !== 'keep' && { advertisingFormat: format as AdvertisingFormat }),
    ...(degrees !== 'keep' && { fahrenheit: degrees === 'fahrenheit' }),
    ...(interval != null && { advertisingIntervalMs: Number(interval) }),
    ...(measureEvery != null && { measureEvery: Number(measureEvery) }),
    ...yesOrNo('showBattery', settings['show-battery']),
    ...yesOrNo('showClock', settings['show-clock']),
  };
}

const yesOrNo = (key: keyof PvvxConfig, value: string | undefined): PvvxConfig =>
  value === 'yes' || value === 'no' ? { [key]: value === 'yes' } : {};

function bindKeyOf(value: string | undefined): Uint8Array | undefined {
  if (value == null) return undefined;
  if (!/^[0-9a-f]{32}$/i.test(value)) throw usage('bind-key: a bind key has 32 hexadecimal digits.');
  return hexToUint8Array(value);
}

function refuseName(name: string): void {
  const length = name.replaceAll(LAST6, '000000').length;
  if (length > MAX_NAME_BYTES || !/^[\x20-\x7e]+$/.test(name))
    throw usage(`name: "${name}" has ${length} characters; ${MAX_NAME_BYTES} of plain ASCII fit.`);
}

const usage = (message: string) => new BenchError('USAGE', { message });
