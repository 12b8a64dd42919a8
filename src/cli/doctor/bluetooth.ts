import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import type { Check } from './check.ts';

/** Loading the Bluetooth library takes well under a second; a hanging adapter must not hang the doctor. */
const LOAD_LIMIT_MS = 8000;

const head = { id: 'bluetooth', title: 'Bluetooth', needed: false };

/**
 * Can Bluetooth be used? Tried in a process of its own: with an adapter the library keeps running and has no stop,
 * without one it throws in several ways.
 */
export async function bluetoothCheck(): Promise<Check> {
  let library: string;
  try {
    library = createRequire(import.meta.url).resolve('@abandonware/noble');
  } catch {
    return {
      ...head,
      state: 'no',
      finding: 'its library is not installed; only Bluetooth flows need it',
      fix: 'Install a compiler (Debian: build-essential and python3), then run npm ci again.',
    };
  }
  const script = `await import(${JSON.stringify(pathToFileURL(library).href)}); process.exit(0);`;
  const tried = await execa(process.execPath, ['--input-type=module', '--eval', script], {
    reject: false,
    timeout: LOAD_LIMIT_MS,
    all: true,
  });
  if (tried.exitCode === 0) return { ...head, state: 'yes', finding: 'its library loads' };
  return { ...head, state: 'no', ...reason(tried.all ?? '') };
}

/** What noble and Node say when it does not load, as seen with noble 1.9.2 on Linux. */
export function reason(text: string): { finding: string; fix: string } {
  if (/NODE_MODULE_VERSION|ERR_DLOPEN_FAILED|was compiled against/.test(text))
    return {
      finding: 'its library was built for another Node',
      fix: 'Run npm ci again with the Node you use now.',
    };
  if (/EAFNOSUPPORT|ENODEV|No compatible|not supported/i.test(text))
    return {
      finding: 'this computer has no Bluetooth',
      fix: 'Plug a Bluetooth adapter in; serial flows need none.',
    };
  if (/EPERM|EACCES|not permitted/i.test(text))
    return {
      finding: 'this user may not use the Bluetooth adapter',
      fix: 'sudo setcap cap_net_raw+eip "$(readlink -f "$(which node)")"',
    };
  return {
    finding: 'its library does not load',
    fix: 'Run npm ci again with a compiler installed (Debian: build-essential and python3).',
  };
}
