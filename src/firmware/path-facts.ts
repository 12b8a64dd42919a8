import { hex } from './bytes.ts';
import type { InspectedFile } from './firmware-file.ts';
import type { Fact } from './image-report.ts';
import { fitsPath, type FlashPath, type PathUnit } from './path-rules.ts';
import { SHELLY_MODELS } from './shelly-models.ts';

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
    const condition = path === 'tasmota-upload' ? uploadCondition(file, unit) : undefined;
    if (condition != null) return { label, value: condition };
    return { label, value: `no. ${errors.map(({ text }) => text).join(' ')}` };
  });
}

/** Where a Tasmota takes the file, but not every unit or not as the last image. */
function uploadCondition(file: InspectedFile, unit: PathUnit): string | undefined {
  const fits = (more: PathUnit) =>
    fitsPath(file, 'tasmota-upload', { ...unit, ...more }).problems.every(
      ({ severity }) => severity !== 'error',
    );
  if (fits({ isIntermediate: true })) return 'only as the first of two: the full image must follow';
  const group = file.esp8266?.bootConfigOffset;
  const model = SHELLY_MODELS.find(({ bootConfigOffset }) => bootConfigOffset === group);
  return group != null && model != null && fits({ model })
    ? `only on Shelly models with their boot configuration at ${hex(group)}; on others it is a brick`
    : undefined;
}
