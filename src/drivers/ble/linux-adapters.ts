import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A Bluetooth adapter as Linux shows it, whether it may be used or not. */
export interface LinuxAdapter {
  /** `hci0` */
  readonly name: string;
  readonly blocked: 'soft' | 'hard' | undefined;
}

/** Never throws: empty where there is none, or no such tree. */
export async function linuxAdapters(sysfs = '/sys'): Promise<readonly LinuxAdapter[]> {
  const folder = join(sysfs, 'class/bluetooth');
  // Open connections stand beside the adapters, as `hci0:64`.
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^hci\d+$/.test(name));
  return Promise.all(
    names.toSorted().map(async (name) => ({ name, blocked: await blockOf(join(folder, name)) })),
  );
}

/** The rfkill switch of an adapter is a folder below its own. */
async function blockOf(adapter: string): Promise<LinuxAdapter['blocked']> {
  const entries = await readdir(adapter).catch(() => []);
  const rfkill = entries.find((name) => /^rfkill\d+$/.test(name));
  if (rfkill === undefined) return undefined;
  const isSet = async (name: string) =>
    (await readFile(join(adapter, rfkill, name), 'utf8').catch(() => '0')).trim() === '1';
  if (await isSet('hard')) return 'hard';
  return (await isSet('soft')) ? 'soft' : undefined;
}
