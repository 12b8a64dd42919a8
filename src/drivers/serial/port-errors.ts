import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import { reasonOf } from './link-state.ts';

/** What is asked of the file system before a port is opened; replaced in tests. */
export interface DeviceFiles {
  stat(path: string): Promise<{ readonly gid: number; isCharacterDevice(): boolean }>;
  /** Rejects with EACCES when this user may not read and write the file. */
  mayUse(path: string): Promise<void>;
  /** The text of /etc/group. */
  groups(): Promise<string>;
}

export const systemDeviceFiles: DeviceFiles = {
  stat: (path) => stat(path),
  mayUse: (path) => access(path, constants.R_OK | constants.W_OK),
  groups: () => readFile('/etc/group', 'utf8'),
};

/**
 * Says why a port of Linux or macOS cannot be opened before it is tried, in the kernel's own codes: node-serialport
 * only gives a text. Throws PORT_NOT_FOUND, PORT_NO_PERMISSION.
 */
export async function checkDevice(path: string, files: DeviceFiles): Promise<void> {
  let device: Awaited<ReturnType<DeviceFiles['stat']>>;
  try {
    device = await files.stat(path);
  } catch (cause) {
    throw notFound(path, cause);
  }
  if (!device.isCharacterDevice()) {
    throw new BenchError('PORT_NOT_FOUND', {
      message: `${sanitize(path)} is not a serial port.`,
      detail: { path },
    });
  }
  try {
    await files.mayUse(path);
  } catch (cause) {
    const group = nameOfGroup(device.gid, await files.groups().catch(() => ''));
    throw noPermission(path, cause, group);
  }
}

/** The error for what node-serialport said when it was to open `path`. `holders`: the programs that have it open. */
export function openingError(
  path: string,
  cause: unknown,
  platform: NodeJS.Platform,
  holders: readonly string[] = [],
): BenchError {
  const text = cause instanceof Error ? cause.message : String(cause);
  // Windows says "Access denied" for a port that another program has open; a user may open every COM port.
  if (platform === 'win32' && /access (is )?denied/i.test(text)) return busy(path, cause, holders);
  if (/cannot lock port|resource (temporarily unavailable|busy)|device or resource busy/i.test(text))
    return busy(path, cause, holders);
  if (/permission denied|operation not permitted/i.test(text)) return noPermission(path, cause, undefined);
  if (/no such (file|device)|file not found|unknown error code (2|3|433)\b/i.test(text))
    return notFound(path, cause);
  return new BenchError('PORT_OPEN_FAILED', {
    message: `${sanitize(path)} could not be opened: ${sanitize(text)}`,
    detail: { path, cause: reasonOf(cause) },
    cause,
  });
}

function notFound(path: string, cause: unknown): BenchError {
  return new BenchError('PORT_NOT_FOUND', {
    message: `There is no serial port ${sanitize(path)}.`,
    detail: { path },
    cause,
  });
}

function busy(path: string, cause: unknown, holders: readonly string[]): BenchError {
  const who = holders.length === 0 ? 'Another program' : holders.join(' and ');
  return new BenchError('PORT_BUSY', {
    message: `${who} has ${sanitize(path)} open.`,
    ...(holders.length > 0 && { advice: `Close ${holders.join(' and ')}, then retry.` }),
    detail: { path, ...(holders.length > 0 && { holders: holders.join(', ') }) },
    cause,
  });
}

function noPermission(path: string, cause: unknown, group: string | undefined): BenchError {
  const named = group ?? 'the group that owns it (see ls -l)';
  return new BenchError('PORT_NO_PERMISSION', {
    message:
      group == null
        ? `This user may not open ${sanitize(path)}.`
        : `This user may not open ${sanitize(path)}: it belongs to the group ${group}.`,
    // root owns a port that no rule gave to a group; joining root's group would be bad advice.
    advice:
      group === 'root'
        ? 'Replug the adapter; if it stays, a udev rule must give the port to a group such as dialout.'
        : `Add the user to ${named}: sudo usermod -aG ${group ?? 'GROUP'} "$USER", then log out and in again.`,
    detail: { path, ...(group != null && { group }) },
    cause,
  });
}

/** Name of a group by its number, from the text of /etc/group; the number itself where there is none. */
function nameOfGroup(gid: number, groups: string): string {
  for (const line of groups.split('\n')) {
    const [name, , id] = line.split(':');
    if (name != null && id === String(gid)) return name;
  }
  return String(gid);
}
