import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A table of a few lines is printed in a moment, ms. */
const PRINT_LIMIT_MS = 3000;
const NO_MAC = '00:00:00:00:00:00';

/** MACs by address, from any of the tables below. Lower case with colons; entries that are not complete are left out. */
export function parseArpTable(text: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const line of text.split('\n')) {
    const address = /(?:^|[\s(])(\d{1,3}(?:\.\d{1,3}){3})(?=$|[\s)])/.exec(line)?.[1];
    // Linux writes two digits with colons, macOS leaves leading zeros out, Windows writes hyphens.
    const mac = /(?:^|\s)([0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5})(?=$|\s)/i.exec(line)?.[1];
    if (address === undefined || mac === undefined) continue;
    const known = mac
      .toLowerCase()
      .split(/[:-]/)
      .map((byte) => byte.padStart(2, '0'))
      .join(':');
    if (known !== NO_MAC && !/\b(FAILED|INCOMPLETE)\b/.test(line)) table.set(address, known);
  }
  return table;
}

/** This computer's table of neighbours; empty where the system does not tell. Never throws. */
export async function arpTable(
  platform: NodeJS.Platform = process.platform,
): Promise<ReadonlyMap<string, string>> {
  if (platform !== 'linux') return parseArpTable(await printed('arp', ['-a']));
  const table = await readFile('/proc/net/arp', 'utf8').catch(() => undefined);
  return parseArpTable(table ?? (await printed('ip', ['-4', 'neigh'])));
}

const printed = (program: string, args: readonly string[]): Promise<string> =>
  run(program, args, { timeout: PRINT_LIMIT_MS, windowsHide: true }).then(
    ({ stdout }) => stdout,
    () => '',
  );
