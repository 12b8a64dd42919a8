import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { sanitize } from '../../core/text.ts';

/**
 * Programs that have a device file open, as `name (process 123)`; as far as this user may look. Linux only, empty
 * elsewhere. Reads the whole of /proc: for the text of an error, not for every opening.
 */
export async function portHolders(path: string, proc = '/proc'): Promise<string[]> {
  const device = await realpath(path).catch(() => path);
  const processes = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const holders: string[] = [];
  for (const id of processes) {
    if (!(await hasOpen(`${proc}/${id}/fd`, device))) continue;
    const name = await readFile(`${proc}/${id}/comm`, 'utf8').catch(() => 'a program');
    holders.push(`${sanitize(name)} (process ${id})`);
  }
  return holders;
}

async function hasOpen(folder: string, device: string): Promise<boolean> {
  for (const descriptor of await readdir(folder).catch(() => [])) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
    if (target === device) return true;
  }
  return false;
}
