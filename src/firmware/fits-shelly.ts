import { hex } from './bytes.ts';
import type { FirmwareProblem, InspectedFile } from './firmware-file.ts';
import { modelText, type ShellyModel } from './shelly-models.ts';

const error = (text: string): FirmwareProblem => ({ severity: 'error', text });

/**
 * Everything that speaks against sending this update archive to a Shelly of this model. `as`: what it is meant to be;
 * an archive that does not tell is taken for either, with a warning.
 */
export function fitsShelly(
  file: InspectedFile,
  model: ShellyModel,
  as: 'takeover' | 'stock',
): FirmwareProblem[] {
  const ownErrors = file.problems.filter(({ severity }) => severity === 'error');
  const { mongoose } = file;
  if (file.kind !== 'mongoose-zip' || mongoose == null || ownErrors.length > 0)
    return ownErrors.length > 0 ? ownErrors : [error(`${file.title} is no update archive of Mongoose OS.`)];
  if (mongoose.app !== model.app)
    return [
      error(
        `The archive is for ${mongoose.model == null ? mongoose.app : modelText(mongoose.model)}, this unit is a ${modelText(model)}, which takes only archives named ${model.app}.`,
      ),
    ];
  if (mongoose.bootConfigOffset !== model.bootConfigOffset)
    return [
      error(
        `The archive keeps its boot configuration at ${hex(mongoose.bootConfigOffset ?? 0)}, ${modelText(model)} at ${hex(model.bootConfigOffset)}: it would brick the unit.`,
      ),
    ];
  if (mongoose.role === as) return [];
  if (mongoose.role === 'unknown')
    return [
      { severity: 'warning', text: `Whether the archive is ${ROLE[as]} cannot be told from its content.` },
    ];
  return [error(`The archive is ${ROLE[mongoose.role]}, not ${ROLE[as]}.`)];
}

const ROLE = { takeover: 'a takeover', stock: 'stock firmware' } as const;
