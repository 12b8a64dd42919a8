import type { InspectedFile } from '../../src/firmware/inspect.ts';
import type { FirmwareSlot } from '../flow.ts';
import { newFirmwareOf } from '../network-plug/index.ts';

/** What an update port takes: an ESP8266 image with its boot loader, or a lone application of the ESP32 family. */
export const targetSlot: FirmwareSlot = {
  id: 'target',
  title: 'image for the update over the air (firmware.bin, firmware.ota.bin)',
  required: true,
  refuses: (file) => {
    const broken = file.problems.find(({ severity }) => severity === 'error')?.text;
    if (broken !== undefined) return broken;
    return refusesKind(file) ?? refusesProduct(file);
  },
};

function refusesKind({ kind, esp8266, title }: InspectedFile): string | undefined {
  switch (kind) {
    case 'esp8266-image':
      return esp8266?.layout === 'eboot'
        ? undefined
        : 'The image has no Arduino boot loader in front (E9 at 0x0 and at 0x1000): the unit would not start.';
    case 'esp32-app':
      return undefined;
    case 'esp32-merged':
    case 'esp32-full-flash':
      return 'The file is for the wire, with boot loader and table: over the air give the lone application (firmware.ota.bin).';
    default:
      return `${title} is no image that an update port takes.`;
  }
}

function refusesProduct({ product, title }: InspectedFile): string | undefined {
  if (product?.variant === 'minimal' || product?.variant === 'safeboot')
    return `${product.name} ${product.variant} has no page to give it a Wi-Fi: as the last image it leaves the unit out of reach.`;
  return newFirmwareOf(product) === undefined
    ? `Nothing is known by which ${title} could be recognised on the network.`
    : undefined;
}
