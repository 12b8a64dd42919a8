import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostPrograms } from '../../../src/drivers/process/host-programs.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';

const programs = hostPrograms();
const shell = (script: string, more: object = {}) =>
  programs.run({ program: 'sh', args: ['-c', script], ...more });

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'benchflash-test-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe.skipIf(process.platform === 'win32')('programs of this computer', () => {
  it('give both pipes as they come, and their exit code', async () => {
    const heard: string[] = [];
    const end = await shell('printf out; printf err >&2; exit 3', {
      onOutput: (pipe: string, text: string) => heard.push(`${pipe} ${text}`),
    });
    expect(end).toEqual({
      exitCode: 3,
      notStarted: undefined,
      endedBy: undefined,
      stdout: 'out',
      stderr: 'err',
    });
    expect(heard.sort()).toEqual(['stderr err', 'stdout out']);
  });

  it('keep the end of what a program without an end says', async () => {
    const end = await shell('head -c 1000000 /dev/zero | tr "\\0" x; echo the end');
    expect(end.stdout).toHaveLength(256 * 1_024);
    expect(end.stdout.endsWith('the end\n')).toBe(true);
  });

  it.each([false, true])('say that a program is missing (shielded: %s)', async (shielded) => {
    const end = await programs.run({ program: 'no-such-program-here', args: [], shielded });
    expect(end).toMatchObject({ notStarted: 'missing' });
  });

  it.each([false, true])('are ended with their children by a signal (shielded: %s)', async (shielded) => {
    const abort = new AbortController();
    const end = await shell('echo started; sleep 1000 & wait', {
      shielded,
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(end).toMatchObject({ endedBy: 'signal', exitCode: undefined });
  });

  it('are forced when they do not listen, and ended when they take too long', async () => {
    const clock = new ManualClock();
    let heard = () => {};
    const started = new Promise<void>((resolve) => (heard = resolve));
    const running = hostPrograms(clock).run({
      program: 'sh',
      args: ['-c', 'trap "" TERM; echo started; while :; do sleep 1000; done'],
      limitMs: 60_000,
      onOutput: () => heard(),
    });
    await started;
    await clock.advance(60_000);
    await clock.advance(5_000);
    expect(await running).toMatchObject({ endedBy: 'limit', exitCode: undefined });
  });

  it('hear nothing of what the terminal sends to us', async () => {
    let pid = 0;
    const { stdout } = await shell('ps -o pgid= -p $$', { onOutput: () => {} });
    const own = await shell(`ps -o pgid= -p ${process.pid}`);
    pid = Number(stdout.trim());
    expect(pid).toBeGreaterThan(0);
    expect(pid).not.toBe(Number(own.stdout.trim()));
  });

  it('finish their write when this process is killed and its pipes are broken', async () => {
    const dir = folder();
    const go = join(dir, 'go');
    const written = join(dir, 'written');
    const module = fileURLToPath(new URL('../../../src/drivers/process/host-programs.ts', import.meta.url));
    const work = `echo begun; while [ ! -e ${go} ]; do sleep 0.02; done; echo to a broken pipe; echo again; echo done >${written}`;
    const parent = spawn(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        '--input-type=module',
        '--eval',
        `const { hostPrograms } = await import(${JSON.stringify(module)});
         await hostPrograms().run({ program: 'sh', args: ['-c', ${JSON.stringify(work)}], shielded: true,
           onOutput: (_, text) => process.stdout.write(text) });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    parent.kill('SIGKILL');
    await new Promise((resolve) => parent.once('close', resolve));
    writeFileSync(go, '');
    await until(() => expect(existsSync(written)).toBe(true));
  });
});

describe('the scratch folder', () => {
  it('is for this user alone, and goes with what is in it', async () => {
    const scratch = await programs.scratch();
    await scratch.write('chip.bin', Uint8Array.of(1, 2, 3));
    expect(await scratch.read('chip.bin')).toEqual(Uint8Array.of(1, 2, 3));
    expect(await scratch.read('other')).toBeUndefined();
    const path = scratch.pathOf('chip.bin');
    if (process.platform !== 'win32') {
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    }
    await scratch.remove();
    await scratch.remove();
    expect(existsSync(path)).toBe(false);
  });
});

it('what a crash left behind an hour ago is removed, what is newer or in use is not', async () => {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => gone.once('close', resolve));
  const make = (pid: number, ageHours: number) => {
    const path = mkdtempSync(join(tmpdir(), `benchflash-scratch-${pid}-`));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    const at = new Date(Date.now() - ageHours * 3_600_000);
    utimesSync(path, at, at);
    return path;
  };
  const [old, fresh, used] = [make(gone.pid!, 2), make(gone.pid!, 0), make(process.pid, 2)];
  const scratch = await programs.scratch();
  expect([old, fresh, used].map((path) => existsSync(path))).toEqual([false, true, true]);
  await scratch.remove();
});

it('USB devices are named by their two ids, where the system tells', async () => {
  for (const id of await programs.usbIds()) expect(id).toMatch(/^[0-9a-f]{4}:[0-9a-f]{4}$/);
});
