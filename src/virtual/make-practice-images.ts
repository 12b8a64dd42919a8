import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError } from '../core/errors.ts';
import { fileReason } from '../core/file-reason.ts';
import type { PracticeImage, VirtualDevice } from './virtual-device.ts';

/**
 * Writes the practice images of a device into `directory` (made when missing) and returns what was written. Throws
 * USAGE when that folder cannot be made or written.
 */
export async function makePracticeImages(
  device: VirtualDevice,
  directory: string,
): Promise<{ readonly image: PracticeImage; readonly path: string; readonly bytes: number }[]> {
  await mkdir(directory, { recursive: true }).catch((error: unknown) => refuse(directory, error));
  const written = [];
  for (const image of device.practiceImages()) {
    const path = join(directory, image.file);
    const content = image.make();
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => refuse(path, error));
    await writeFile(path, content).catch((error: unknown) => refuse(path, error));
    written.push({ image, path, bytes: content.length });
  }
  return written;
}

function refuse(path: string, cause: unknown): never {
  const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
  throw new BenchError('USAGE', {
    message: `${path} cannot be written: ${exists ? 'it is a file, not a folder' : fileReason(cause)}.`,
    advice: 'Name a folder that can be written; it is made when it is missing.',
    cause,
  });
}
