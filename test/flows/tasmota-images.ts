import { findVirtualDevice } from '../../src/virtual/registry.ts';

/** A practice image of the virtual plug with Tasmota, by its name. */
export function practiceImages(name: string): Uint8Array {
  const image = findVirtualDevice('tasmota-plug')
    .practiceImages()
    .find(({ file }) => file === name);
  if (image == null) throw new Error(`no practice image ${name}`);
  return image.make();
}
