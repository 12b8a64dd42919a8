import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { formatBytes } from '../format.ts';
import type { Check } from './check.ts';

/** First release line benchflash is tested on. */
const OLDEST_NODE = 20;
/** A tray of fifty 4 MiB units with a backup each, and the firmware. */
const WANTED_BYTES = 256 * 1024 * 1024;

export function nodeCheck(version: string): Check {
  const good = Number(version.split('.')[0]) >= OLDEST_NODE;
  return {
    id: 'node',
    title: 'Node',
    state: good ? 'yes' : 'no',
    needed: true,
    finding: `version ${version}`,
    ...(!good && { fix: `Install Node ${OLDEST_NODE} or newer.` }),
  };
}

export async function dataDirectoryCheck(path: string): Promise<Check> {
  const head = { id: 'data-dir', title: 'records', needed: true };
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch {
    return {
      ...head,
      state: 'no',
      finding: `${path} cannot be written`,
      fix: 'Correct its owner or permissions, or choose another with --data-dir DIR.',
    };
  }
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const finding = `${path}, ${formatBytes(free)} free`;
  if (free >= WANTED_BYTES) return { ...head, state: 'yes', finding };
  return {
    ...head,
    state: 'no',
    finding,
    fix: `Free some space: ${formatBytes(WANTED_BYTES)} hold the backups of fifty units of 4 MiB.`,
  };
}

export function awakeCheck(answer: { readonly by: string } | { readonly why: string }): Check {
  const head = { id: 'awake', title: 'kept awake', needed: false };
  if ('by' in answer) return { ...head, state: 'yes', finding: `by ${answer.by} while units are written` };
  return {
    ...head,
    state: 'no',
    finding: answer.why,
    fix: 'Turn automatic sleep off in the system settings while a batch runs.',
  };
}
