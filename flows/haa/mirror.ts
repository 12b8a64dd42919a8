import { BenchError } from '../../src/core/errors.ts';
import { sha256Hex } from '../../src/core/digest.ts';
import type { OfferedFile } from '../../src/drivers/http/firmware-server.ts';
import { checkHaaMirror, HAA_MIRROR_FILES } from '../../src/firmware/haa-mirror.ts';
import { readFolder } from '../../src/firmware/read-folder.ts';

/**
 * All files of a mirror in memory, complete, signed and hashed. `publicKey`: PEM, of who signed it instead of
 * HAA. Throws FIRMWARE_REFUSED, FILE_NOT_FOUND.
 */
export async function readMirror(folder: string, publicKey?: string): Promise<readonly OfferedFile[]> {
  const files = await readFolder(folder, (name) => HAA_MIRROR_FILES.includes(name));
  const problem = checkHaaMirror(files, publicKey).problems.find(({ severity }) => severity === 'error');
  if (problem != null)
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${folder}: ${problem.text}`,
      advice:
        'Put all files of one HAA release into the folder; units that do not find one of them are stranded.',
    });
  return [...files].map(([name, content]) => ({ name, content, sha256: sha256Hex(content) }));
}
