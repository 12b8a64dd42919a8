import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa, type Options } from 'execa';
import { type Clock, systemClock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { isProcessAlive } from '../../core/process-alive.ts';
import type { ProgramEnd, ProgramRequest, Programs, ScratchFolder } from './programs.ts';

const KEPT_CHARACTERS = 256 * 1_024;
/** Between the request to end and the force, ms. */
const GRACE_MS = 5_000;
/** Debian keeps flashrom in /usr/sbin, which is not on the PATH of its users. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
/**
 * Ignored signals stay ignored over exec: a program that writes survives the terminal's hang-up and the death of
 * its reader. It has no line of the program's own: `$0` and `$@` are handed over as they are.
 */
const SHIELD = 'trap "" HUP INT PIPE; exec "$0" "$@"';
const NOT_FOUND_BY_SHELL = 127;

/** The programs of the computer this runs on. */
export function hostPrograms(clock: Clock = systemClock): Programs {
  return { run: (request) => runProgram(request, clock), scratch: makeScratch, usbIds };
}

async function runProgram(request: ProgramRequest, clock: Clock): Promise<ProgramEnd> {
  const { program, args, signal } = request;
  if (signal?.aborted === true) return { ...NOTHING, endedBy: 'signal' };
  const shield = request.shielded === true && process.platform !== 'win32';
  const [file, words] = shield ? ['sh', ['-c', SHIELD, program, ...args]] : [program, [...args]];
  const child = execa(file, words, OPTIONS);
  const kept = { stdout: '', stderr: '' };
  for (const pipe of ['stdout', 'stderr'] as const) {
    child[pipe].setEncoding('utf8');
    child[pipe].on('data', (text: string) => {
      kept[pipe] = (kept[pipe] + text).slice(-KEPT_CHARACTERS);
      request.onOutput?.(pipe, text);
    });
  }
  let endedBy: ProgramEnd['endedBy'];
  let stopForce = () => {};
  const end = (by: NonNullable<ProgramEnd['endedBy']>) => {
    if (endedBy !== undefined) return;
    endedBy = by;
    killGroup(child.pid, 'SIGTERM');
    stopForce = clock.after(GRACE_MS, () => killGroup(child.pid, 'SIGKILL'));
  };
  const onAbort = () => end('signal');
  signal?.addEventListener('abort', onAbort, { once: true });
  const stopLimit =
    request.limitMs === undefined ? () => {} : clock.after(request.limitMs, () => end('limit'));
  const result = await child;
  signal?.removeEventListener('abort', onAbort);
  stopLimit();
  stopForce();
  return {
    ...kept,
    exitCode: result.exitCode,
    notStarted: notStarted(result.code, shield ? result.exitCode : undefined),
    endedBy,
  };
}

const NOTHING: ProgramEnd = {
  exitCode: undefined,
  notStarted: undefined,
  endedBy: undefined,
  stdout: '',
  stderr: '',
};

const OPTIONS = {
  // Its own process group: what the terminal sends to ours does not reach it.
  detached: true,
  cleanup: false,
  reject: false,
  buffer: false,
  stdin: 'ignore',
  stdout: 'pipe',
  stderr: 'pipe',
  windowsHide: true,
  env: { LC_ALL: 'C', PATH: [process.env['PATH'] ?? '', ...SBIN].join(delimiter) },
} as const satisfies Options;

function notStarted(code: string | undefined, shellExit: number | undefined): ProgramEnd['notStarted'] {
  if (code === 'ENOENT' || shellExit === NOT_FOUND_BY_SHELL) return 'missing';
  return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : undefined;
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    // On Windows there are no groups: the program alone.
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

const SCRATCH = 'benchflash-scratch-';
/** A program that outlived its benchflash may still read its files; none takes so long to begin, ms. */
const LEFT_ALONE_MS = 3_600_000;

/** What a crash left behind holds the dumps of units, keys among them. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch((): string[] => [])) {
    const pid = name.startsWith(SCRATCH) ? parseInt(name.slice(SCRATCH.length), 10) : NaN;
    if (!Number.isInteger(pid) || isProcessAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    const age = await stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    // Another user's cannot be removed, and is not ours to.
    if (age > LEFT_ALONE_MS) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function makeScratch(): Promise<ScratchFolder> {
  await removeLeftovers();
  const folder = await onDisk(mkdtemp(join(tmpdir(), `${SCRATCH}${process.pid}-`)));
  await chmod(folder, 0o700);
  const pathOf = (name: string) => join(folder, name);
  return {
    pathOf,
    write: (name, content) => onDisk(writeFile(pathOf(name), content, { mode: 0o600 })),
    async read(name) {
      try {
        const content = await readFile(pathOf(name));
        return new Uint8Array(content.buffer, content.byteOffset, content.length);
      } catch {
        return undefined;
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }).catch(() => {}),
  };
}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw cause;
    throw new BenchError('DISK_FULL', {
      message: 'The disk of the temporary files is full.',
      advice: `Free space in ${tmpdir()}, or set TMPDIR to a disk that has some; then retry.`,
      cause,
    });
  }
}

const USB_DEVICES = '/sys/bus/usb/devices';

async function usbIds(): Promise<readonly string[]> {
  const names = await readdir(USB_DEVICES).catch((): string[] => []);
  const word = (name: string, file: string) =>
    readFile(join(USB_DEVICES, name, file), 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const ids = await Promise.all(
    names.map(async (name) => `${await word(name, 'idVendor')}:${await word(name, 'idProduct')}`),
  );
  return ids.filter((id) => /^[0-9a-f]{4}:[0-9a-f]{4}$/.test(id));
}
