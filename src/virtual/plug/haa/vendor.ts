import { mirrorFiles } from './images.ts';

/**
 * Host of a vendor's server that the practice bench has no internet for. It is played inside the unit, for the states
 * that began before the bench came: `installing` and `stranded`.
 */
export const VENDOR_HOST = 'vendor.practice.invalid';

/** Folder of that server where all is well. */
export const VENDOR_WHOLE = `${VENDOR_HOST}/haa`;
/** Folder where HAA itself was renamed in between: the second installer finds nothing (seed report of 2023). */
export const VENDOR_RENAMED = `${VENDOR_HOST}/renamed`;

/** Undefined is 404. `path` without the first slash. */
export function vendorFile(path: string): Uint8Array | undefined {
  const [folder, file] = path.split('/');
  if (folder === 'renamed' && file?.startsWith('haa') === true) return undefined;
  return mirrorFiles.find((each) => each.file === file)?.make();
}
