import type { InspectedFile } from './firmware-file.ts';
import type { Fact } from './image-report.ts';
import { fitsPath, type FlashPath, type PathUnit } from './path-rules.ts';

const MIB = 0x10_0000;

/** The usual unit of each way; a flow asks again with what the very unit says. */
const USUAL: readonly (readonly [path: FlashPath, label: string, unit: PathUnit])[] = [
  ['tasmota-upload', 'Fits a Tasmota upload', { flashSizeBytes: MIB }],
  ['sonoff-diy', 'Fits Sonoff DIY', { flashSizeBytes: MIB }],
  ['takeover', 'Fits a Shelly takeover', { flashSizeBytes: 2 * MIB }],
  ['tuya', 'Fits tuya-convert', { flashSizeBytes: MIB }],
];

/** One row for each way over the network that an ESP8266 image could go, for the usual unit there. */
export function pathFacts(file: InspectedFile): Fact[] {
  const refused = file.problems.some(({ severity }) => severity === 'error');
  if (file.kind !== 'esp8266-image' || refused) return [];
  return USUAL.map(([path, label, unit]) => {
    const { problems, patch } = fitsPath(file, path, unit);
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return { label, value: 'yes' };
    if (patch != null) return { label, value: `as a patched copy. ${patch.words.join(' ')}` };
    return { label, value: `no. ${errors.map(({ text }) => text).join(' ')}` };
  });
}
