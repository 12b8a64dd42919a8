import { delimiter } from 'node:path';
import { execa } from 'execa';
import type { Check } from './check.ts';

/** How long any of these programs may take to say its version, ms. */
const VERSION_LIMIT_MS = 5000;

export async function flashromCheck(): Promise<Check> {
  const head = { id: 'flashrom', title: 'flashrom', needed: false };
  const { exitCode, stdout } = await execa('flashrom', ['--version'], {
    reject: false,
    timeout: VERSION_LIMIT_MS,
    // Where Debian keeps it, and where the runs of this program find it too.
    env: { PATH: [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin'].join(delimiter) },
  });
  const version = /^flashrom\s+(\S+)/m.exec(stdout ?? '')?.[1];
  if (exitCode === 0 && version != null)
    return {
      ...head,
      state: 'yes',
      finding: version === 'unknown' ? 'its build does not say its version' : version,
    };
  return {
    ...head,
    state: 'no',
    finding: 'not found; only flash programmers need it',
    fix: 'Install the package flashrom of your system, e.g. sudo apt install flashrom.',
  };
}
