import { BenchError } from '../../src/core/errors.ts';
import type { FlashMode } from '../../src/firmware/inspect.ts';
import type { SettingSpec, Settings } from '../flow.ts';

/** Rates to try, fastest first; the loader steps down by itself when one fails. */
const BAUD_LADDER = [921_600, 460_800, 230_400, 115_200] as const;
const keep = { value: 'keep', title: 'as it is in the file' };

/** Settings of every ESP device on a serial link. */
export const espSettings: readonly SettingSpec[] = [
  {
    key: 'baud',
    title: 'Fastest baud rate',
    help: 'Steps down by itself when a rate fails; 460800 is good with most adapters.',
    kind: 'choice',
    choices: BAUD_LADDER.map((rate) => ({ value: String(rate), title: String(rate) })),
    default: '460800',
  },
  {
    key: 'stub',
    title: 'Stub loader',
    help: 'Runs from RAM: faster, reads and hashes flash. "no" only when it will not start.',
    kind: 'boolean',
    default: 'yes',
  },
  {
    key: 'flash-mode',
    title: 'Flash mode in the image header',
    help: 'DOUT is the one that every flash chip can; keep leaves the image untouched.',
    kind: 'choice',
    choices: [
      keep,
      ...['qio', 'qout', 'dio', 'dout'].map((mode) => ({ value: mode, title: mode.toUpperCase() })),
    ],
    default: 'keep',
  },
  {
    key: 'flash-freq',
    title: 'Flash clock in the image header, MHz',
    help: 'keep leaves the image untouched.',
    kind: 'choice',
    choices: [keep, ...['20', '26', '40', '80'].map((mhz) => ({ value: mhz, title: `${mhz} MHz` }))],
    default: 'keep',
  },
  {
    key: 'flash-size',
    title: 'Flash size in the image header',
    help: 'auto changes it only where the image could not start with the one it has.',
    kind: 'choice',
    choices: [
      { value: 'auto', title: 'corrected where it must be' },
      keep,
      { value: 'detect', title: 'as the chip reports' },
    ],
    default: 'auto',
  },
  {
    key: 'erase',
    title: 'Erase the whole flash first',
    help: 'Wipes Wi-Fi settings and calibration of the old firmware too; the backup has them.',
    kind: 'boolean',
    default: 'no',
  },
  {
    key: 'proof',
    title: 'Proof of the new firmware',
    help: 'Empty: the version the image carries. boot: ten quiet seconds are enough. Else a pattern in the boot text.',
    kind: 'text',
  },
];

export interface EspOptions {
  readonly baudLadder: readonly number[];
  readonly stub: boolean;
  readonly mode: FlashMode | undefined;
  readonly freqMHz: number | undefined;
  readonly size: 'auto' | 'keep' | 'detect';
  readonly eraseFirst: boolean;
  readonly proof: { readonly quietBoot: boolean; readonly pattern: RegExp | undefined };
}

/** Throws USAGE when the proof is no valid pattern. */
export function espOptions(settings: Settings): EspOptions {
  const fastest = Number(settings['baud'] ?? 460_800);
  const mode = settings['flash-mode'];
  const freq = settings['flash-freq'];
  return {
    baudLadder: BAUD_LADDER.filter((rate) => rate <= fastest),
    stub: settings['stub'] !== 'no',
    mode: mode === undefined || mode === 'keep' ? undefined : (mode as FlashMode),
    freqMHz: freq === undefined || freq === 'keep' ? undefined : Number(freq),
    size: (settings['flash-size'] ?? 'auto') as EspOptions['size'],
    eraseFirst: settings['erase'] === 'yes',
    proof: proofOf(settings['proof']),
  };
}

function proofOf(text: string | undefined): EspOptions['proof'] {
  if (text === undefined || text === '') return { quietBoot: false, pattern: undefined };
  if (text === 'boot') return { quietBoot: true, pattern: undefined };
  try {
    return { quietBoot: false, pattern: new RegExp(text) };
  } catch (cause) {
    throw new BenchError('USAGE', { message: `proof: "${text}" is not a valid regular expression.`, cause });
  }
}
