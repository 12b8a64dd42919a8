import { fitsPath } from '../../src/firmware/path-rules.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import type { FirmwareSlot } from '../flow.ts';
import type { ShellyDevice } from './device.ts';

export const TAKEOVER = 'takeover';
export const TARGET = 'target';

export const shellySlots = ({ types }: ShellyDevice): readonly FirmwareSlot[] => [
  {
    id: TAKEOVER,
    title: 'takeover archive for exactly this model (mg2tasmota-….zip)',
    required: true,
    refuses: (file) => refusesTakeover(file, types),
  },
  {
    id: TARGET,
    title: 'ESP8266 image that the units are to run (Tasmota, HAA, ESPurna, ESPHome)',
    required: true,
    refuses: (file) => firstError(fitsPath(file, 'takeover').problems),
  },
];

function refusesTakeover(file: InspectedFile, types: readonly string[] | undefined): string | undefined {
  if (file.kind !== 'mongoose-zip') return `${file.title} is no update archive of Mongoose OS.`;
  const broken = firstError(file.problems);
  if (broken !== undefined) return broken;
  const { role, model, app } = file.mongoose ?? {};
  if (role === 'stock') return 'This is stock firmware: it converts nothing.';
  if (role !== 'takeover')
    return 'Nothing in this archive says that it is a takeover: units would keep what is in it.';
  if (model === undefined) return `No Shelly of the first generation takes an archive named ${app ?? '?'}.`;
  if (types !== undefined && !types.includes(model.type))
    return `The archive is for ${model.title} (${model.type}): on other models it is a brick.`;
  return undefined;
}

export const firstError = (problems: InspectedFile['problems']): string | undefined =>
  problems.find(({ severity }) => severity === 'error')?.text;
