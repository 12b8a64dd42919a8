import type { FirmwareSlot } from '../flow.ts';
import { MODEL, refusesImage } from '../lywsd03mmc/image.ts';

/** One image, written from the start of flash. */
export const firmwareSlot: FirmwareSlot = {
  id: 'firmware',
  title: `image for the ${MODEL} (.bin or .zigbee)`,
  required: true,
  refuses: (file) =>
    file.kind === 'telink-unique-areas'
      ? 'This is a backup of what is unique to a unit. Write it with benchflash restore.'
      : refusesImage(file),
};
