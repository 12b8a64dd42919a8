import {
  DEFAULT_WINDOW_MS,
  SWS_BAUD_LADDER,
  type WireAbility,
} from '../../src/protocols/telink/sws/index.ts';
import type { SettingSpec, Settings } from '../flow.ts';
import { profileSettings } from '../lywsd03mmc/profile-settings.ts';

export const wireSettings: readonly SettingSpec[] = [
  {
    key: 'ability',
    title: 'What is wired',
    help: 'Full: RX is on the pad and everything is read back. TX only: three wires, nothing comes back, the radio is the proof.',
    kind: 'choice',
    choices: [
      { value: 'full', title: 'full: TX through 1 kOhm, and RX' },
      { value: 'tx-only', title: 'TX only' },
    ],
    default: 'full',
  },
  {
    key: 'activation',
    title: 'Activation time, s',
    help: 'How long the chip is called after its battery went in; must exceed its advertising interval (stock 2.1.1: 2.1 s).',
    kind: 'number',
    min: 0.1,
    max: 60,
    default: String(DEFAULT_WINDOW_MS / 1000),
  },
  {
    key: 'baud',
    title: 'Baud rate',
    help: 'The others are tried when the adapter does not take it. Full needs 460800 or 921600.',
    kind: 'choice',
    choices: SWS_BAUD_LADDER.map((rate) => ({ value: String(rate), title: String(rate) })),
    default: '460800',
  },
  {
    key: 'verify',
    title: 'Verify',
    help: 'Samples: header and some bytes of every page, seconds. Whole: every byte, minutes on most adapters.',
    kind: 'choice',
    choices: [
      { value: 'samples', title: 'header and samples of every page' },
      { value: 'whole', title: 'every byte' },
    ],
    default: 'samples',
  },
  {
    key: 'backup',
    title: 'Backup',
    help: 'Unique: MAC, trim, hardware text, Mi keys. Whole: all 512 KiB, up to half an hour on most adapters.',
    kind: 'choice',
    choices: [
      { value: 'unique', title: 'what is unique to the unit' },
      { value: 'whole', title: 'the whole flash' },
    ],
    default: 'unique',
  },
  {
    key: 'radio',
    title: 'Proof by radio',
    help: 'Auto: where this computer has Bluetooth. Yes: not without it. TX only always needs it.',
    kind: 'choice',
    choices: [
      { value: 'auto', title: 'where there is Bluetooth' },
      { value: 'yes', title: 'yes' },
      { value: 'no', title: 'no' },
    ],
    default: 'auto',
  },
  {
    key: 'listen',
    title: 'Listens for the new firmware, s',
    help: 'After the reset, until the run ends UNSURE.',
    kind: 'number',
    min: 1,
    max: 600,
    default: '60',
  },
  {
    key: 'listen-before',
    title: 'TX only: listens before the flash, s',
    help: 'What sends the new firmware already must be known before; longer than the longest advertising interval near.',
    kind: 'number',
    min: 1,
    max: 120,
    default: '12',
  },
  {
    key: 'erase-all',
    title: 'Erase the whole flash first',
    help: 'Asks for the typed words "erase-all". What is unique to the unit is put back from its backup at once.',
    kind: 'boolean',
    default: 'no',
  },
  ...profileSettings,
];

export interface WireOptions {
  readonly ability: WireAbility;
  readonly windowMs: number;
  readonly baudRates: readonly number[];
  readonly verifyWhole: boolean;
  readonly backupWhole: boolean;
  readonly radio: 'auto' | 'yes' | 'no';
  readonly listenMs: number;
  readonly listenBeforeMs: number;
  readonly eraseAll: boolean;
}

/** Settings have been validated and have their defaults. */
export function wireOptions(settings: Settings): WireOptions {
  const seconds = (key: string, fallback: number) => Number(settings[key] ?? fallback) * 1000;
  const baud = Number(settings['baud'] ?? SWS_BAUD_LADDER[0]);
  return {
    ability: settings['ability'] === 'tx-only' ? 'tx-only' : 'full',
    windowMs: seconds('activation', DEFAULT_WINDOW_MS / 1000),
    baudRates: [baud, ...SWS_BAUD_LADDER.filter((rate) => rate !== baud)],
    verifyWhole: settings['verify'] === 'whole',
    backupWhole: settings['backup'] === 'whole',
    radio: (settings['radio'] ?? 'auto') as WireOptions['radio'],
    listenMs: seconds('listen', 60),
    listenBeforeMs: seconds('listen-before', 12),
    eraseAll: settings['erase-all'] === 'yes',
  };
}
