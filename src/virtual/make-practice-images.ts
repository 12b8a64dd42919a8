import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeImage, VirtualDevice } from './virtual-device.ts';

/** Writes the practice images of a device into `directory` (made when missing) and returns what was written. */
export async function makePracticeImages(
  device: VirtualDevice,
  directory: string,
): Promise<{ readonly image: PracticeImage; readonly path: string; readonly bytes: number }[]> {
  await mkdir(directory, { recursive: true });
  const written = [];
  for (const image of device.practiceImages()) {
    const path = join(directory, image.file);
    const content = image.make();
    await writeFile(path, content);
    written.push({ image, path, bytes: content.length });
  }
  return written;
}
