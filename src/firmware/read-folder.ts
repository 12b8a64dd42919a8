import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BenchError } from '../core/errors.ts';
import { fileReason } from '../core/file-reason.ts';
import { sizeText } from './bytes.ts';
import { MAX_FILE_BYTES } from './inspect.ts';

/** Files of one folder by their name, those in folders below it left out. Throws FILE_NOT_FOUND and FIRMWARE_REFUSED. */
export async function readFolder(
  folder: string,
  wanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  try {
    for (const name of (await readdir(folder)).filter(wanted).sort()) {
      const file = path.join(folder, name);
      const found = await stat(file);
      if (!found.isFile()) continue;
      total += found.size;
      if (total > MAX_FILE_BYTES)
        throw new BenchError('FIRMWARE_REFUSED', {
          message: `${folder} holds more than ${sizeText(MAX_FILE_BYTES)}: these are not the files that were meant.`,
        });
      const bytes = await readFile(file);
      files.set(name, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    }
  } catch (cause) {
    if (cause instanceof BenchError) throw cause;
    throw new BenchError('FILE_NOT_FOUND', {
      message: `${folder} cannot be read: ${fileReason(cause)}.`,
      cause,
    });
  }
  return files;
}
