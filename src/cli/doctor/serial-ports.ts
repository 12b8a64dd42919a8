import { access, constants, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { execa } from 'execa';
import type { ScannedPort } from '../services.ts';
import type { Check } from './check.ts';

/** Names of adapters and of serial ports on boards; not the legacy ttyS0, which is there without hardware. */
const DEVICE_NAME = /^tty(USB|ACM|AMA|CH343USB)\d+$/;

/** May this user open serial ports? Asked of the ports there are, else of the groups the user is in. */
export async function portAccessCheck(): Promise<Check> {
  const head = { id: 'serial-access', title: 'serial access', needed: true };
  if (process.platform !== 'linux' || process.getuid?.() === 0)
    return { ...head, state: 'yes', finding: 'this user may open serial ports' };

  const paths = (await readdir('/dev'))
    .filter((name) => DEVICE_NAME.test(name))
    .map((name) => `/dev/${name}`);
  const closed = await Promise.all(paths.map(async (path) => ((await mayOpen(path)) ? [] : [path])));
  const path = closed.flat()[0];
  if (path != null) {
    const group = await groupName((await stat(path)).gid);
    return { ...head, state: 'no', finding: `this user may not open ${path}`, fix: joinGroup(group) };
  }
  if (paths.length > 0) return { ...head, state: 'yes', finding: `this user may open ${paths.join(', ')}` };

  const { groups, serialGroup } = await serialGroups();
  if (serialGroup == null || groups.includes(serialGroup))
    return {
      ...head,
      state: 'yes',
      finding: serialGroup == null ? 'no rule against it' : `in group ${serialGroup}`,
    };
  return {
    ...head,
    state: 'no',
    finding: `this user is not in group ${serialGroup}`,
    fix: joinGroup(serialGroup),
  };
}

export function adapterCheck(ports: readonly ScannedPort[]): Check {
  const head = { id: 'adapters', title: 'adapters', needed: false };
  if (ports.length > 0)
    return { ...head, state: 'yes', finding: ports.map((port) => `${port.link} (${port.chip})`).join(', ') };
  return {
    ...head,
    state: 'no',
    finding: 'no serial adapter is plugged in',
    fix: 'Plug one in; on Linux brltty or a missing driver module can hide it (see dmesg). The demo needs none.',
  };
}

const joinGroup = (group: string): string =>
  `sudo usermod -a -G ${group} ${userInfo().username}  and then log out and in again.`;

const mayOpen = (path: string): Promise<boolean> =>
  access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );

/** Debian and most others call it dialout, Arch uucp. */
async function serialGroups(): Promise<{ groups: readonly string[]; serialGroup: string | undefined }> {
  const groups = (await output('id', ['-Gn'])).split(/\s+/);
  for (const name of ['dialout', 'uucp'])
    if ((await output('getent', ['group', name])) !== '') return { groups, serialGroup: name };
  return { groups, serialGroup: undefined };
}

async function groupName(gid: number): Promise<string> {
  return (await output('getent', ['group', String(gid)])).split(':')[0] || String(gid);
}

async function output(command: string, words: readonly string[]): Promise<string> {
  const { stdout } = await execa(command, words, { reject: false, timeout: 5000 });
  return (stdout ?? '').trim();
}
