import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyFlow } from '../../flows/flow.ts';
import { type InspectedFile, inspectFile } from '../firmware/inspect.ts';

/** Firmware of these devices is never smaller (a lone partition table) or larger (the largest flash), bytes. */
const SIZE_RANGE = { min: 0xc00, max: 32 * 1024 * 1024 };
/** A folder of downloads may hold thousands of files; the newest are those that were just built or fetched. */
const LOOKED_AT = 40;

/** Files of these folders that some slot of the flow takes, newest first. Folders that cannot be read are passed over. */
export async function fittingFiles(
  flow: AnyFlow,
  folders: readonly string[],
): Promise<readonly InspectedFile[]> {
  const candidates = (await Promise.all([...new Set(folders)].map(filesOf))).flat();
  const newest = candidates.sort((a, b) => b.changedAt - a.changedAt).slice(0, LOOKED_AT);
  const fitting: InspectedFile[] = [];
  for (const { path } of newest) {
    const file = await inspectFile(path).catch(() => undefined);
    if (file && flow.firmwareSlots.some((slot) => slot.refuses(file) == null)) fitting.push(file);
  }
  return fitting;
}

async function filesOf(folder: string): Promise<{ path: string; changedAt: number }[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      const fits = facts?.isFile() === true && facts.size >= SIZE_RANGE.min && facts.size <= SIZE_RANGE.max;
      return fits ? [{ path, changedAt: facts.mtimeMs }] : [];
    }),
  );
  return found.flat();
}
