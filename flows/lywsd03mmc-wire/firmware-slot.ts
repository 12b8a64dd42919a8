import type { FirmwareSlot } from '../flow.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';

const MODEL = LYWSD03MMC.model;

/** One image, written from the start of flash. */
export const firmwareSlot: FirmwareSlot = {
  id: 'firmware',
  title: `image for the ${MODEL} (.bin or .zigbee)`,
  required: true,
  refuses,
};

function refuses(file: InspectedFile): string | undefined {
  switch (file.kind) {
    case 'telink-image':
    case 'telink-zigbee-ota':
      break;
    case 'telink-full-flash':
      return 'This is the whole flash of a unit, with its MAC and keys. Write it with benchflash restore.';
    case 'telink-unique-areas':
      return 'This is a backup of what is unique to a unit. Write it with benchflash restore.';
    default:
      return `${file.title} is no firmware for a thermometer with a Telink chip.`;
  }
  const broken = file.problems.find(({ severity }) => severity === 'error');
  if (broken != null) return broken.text;
  const model = file.telink?.model;
  if (model == null) return `${file.title}: nothing in it says that it is made for the ${MODEL}.`;
  return model === MODEL ? undefined : `${file.title} is for the ${model}, this flow is for the ${MODEL}.`;
}
