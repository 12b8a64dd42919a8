import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { benchflash, eventsOf, outcomesOf, Running, temporaryFolder } from './program.ts';

const FLOW = 'mijia-bedside-lamp-2';
const folder = temporaryFolder();
let firmware = '';

beforeAll(async () => {
  const { stdout } = await benchflash([
    'virtual',
    'lamp',
    '--make-firmware',
    join(folder, 'images'),
    '--json',
  ]);
  const { images } = JSON.parse(stdout) as { images: { path: string }[] };
  firmware = images[0]!.path;
});

/** The command line of a batch; each test has its own data directory. */
const run = (data: string, link: string, ...more: string[]) => [
  ...['run', FLOW, '--link', link, '--firmware', firmware, '--assume', 'wired', '--json'],
  ...['--data-dir', join(folder, data), ...more],
];
const endOf = (stdout: string) => eventsOf(stdout).at(-1);

describe('a batch of lamps from the command line', () => {
  it('flashes and proves them, finds them current the second time, and has it all in the records', async () => {
    const words = run('main', 'virtual:lamp?n=3');
    const first = await benchflash(words);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(endOf(first.stdout)).toMatchObject({ type: 'summary', PASS: 3, FAIL: 0, units: 3 });
    for (const outcome of outcomesOf(first.stdout)) {
      expect(outcome).toMatchObject({ outcome: 'PASS', code: null, tries: 1 });
      expect(outcome['identity']).toMatchObject({
        mac: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
      });
      const backup = outcome['backup'] as { file: string; bytes: number };
      expect(backup.bytes).toBe(4 * 1024 * 1024);
      expect(statSync(backup.file).mode & 0o777).toBe(0o600);
    }

    const second = await benchflash(words);
    expect(second.code).toBe(0);
    expect(endOf(second.stdout)).toMatchObject({ CURRENT: 3, PASS: 0 });
    for (const outcome of outcomesOf(second.stdout))
      expect(outcome).toMatchObject({ outcome: 'CURRENT', bytesWritten: 0 });

    const data = ['--data-dir', join(folder, 'main')];
    const results = await benchflash(['results', '1', '--json', ...data]);
    const units = (JSON.parse(results.stdout) as { units: { identity: { mac: string } }[] }).units;
    expect(units).toHaveLength(3);
    const unit = await benchflash(['unit', units[0]!.identity.mac, '--json', ...data]);
    expect(JSON.parse(unit.stdout)).toMatchObject({
      units: [{ runs: [{ run: 1 }, {}], backups: [{ state: 'ok' }] }],
    });
    const csv = await benchflash(['results', '--csv', ...data]);
    expect(csv.stdout.trim().split('\n')).toHaveLength(4);
  });

  it('touches nothing in a dry run', async () => {
    const { code, stdout } = await benchflash(run('dry', 'virtual:lamp?n=2', '--dry-run'));
    expect(code).toBe(0);
    expect(eventsOf(stdout)).toMatchObject([{ type: 'plan', slots: ['virtual:lamp#1', 'virtual:lamp#2'] }]);
  });

  it('takes five units one after another in a jig, without a key', async () => {
    const { code, stdout } = await benchflash(run('jig', 'virtual:lamp?n=5&jig', '--cycle'));
    expect(code).toBe(0);
    expect(endOf(stdout)).toMatchObject({ PASS: 5, units: 5 });
    expect(new Set(outcomesOf(stdout).map(({ identity }) => (identity as { mac: string }).mac)).size).toBe(5);
  });

  it('flashes a lamp that another process serves over RFC 2217', async () => {
    const server = new Running(['virtual', 'lamp', '--listen', 'rfc2217://127.0.0.1:0']);
    const [, url = ''] = await server.saw(/listening on (\S+)/);
    const { code, stdout } = await benchflash(run('rfc2217', url));
    expect(code).toBe(0);
    expect(outcomesOf(stdout)).toMatchObject([{ outcome: 'PASS', slot: url }]);
    server.process.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  it('fails the slot that needs an answer, saying which word would give it', async () => {
    const words = run('unanswered', 'virtual:lamp').filter((word) => word !== '--assume' && word !== 'wired');
    const { code, stdout } = await benchflash(words);
    expect(code).toBe(1);
    const [outcome] = outcomesOf(stdout);
    expect(outcome).toMatchObject({ outcome: 'ERROR', code: 'OPERATOR_NEEDED' });
    expect(outcome?.['advice']).toContain('wired');
  });

  it('refuses a file that does not fit before any unit is touched', async () => {
    const words = run('refused', 'virtual:lamp');
    words[words.indexOf(firmware)] = join(import.meta.dirname, 'program.ts');
    const { code, stdout, stderr } = await benchflash(words);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'FIRMWARE_REFUSED' });
    expect(stderr).toContain('FIRMWARE_REFUSED');
  });

  it('says which process owns the data directory', async () => {
    const first = new Running(run('owned', 'virtual:lamp?n=1&pace=115200'));
    await first.saw(/"type":"step"/);
    const second = await benchflash(run('owned', 'virtual:lamp?unit=2'));
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(String(first.process.pid));
    first.process.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
  });

  it('stops at a safe point on Ctrl+C and ends with 130', async () => {
    const running = new Running(run('interrupted', 'virtual:lamp?n=2&pace=115200'));
    await running.saw(/"type":"progress"/);
    running.process.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(outcomesOf(stdout).map(({ outcome }) => outcome)).toEqual(['ABORTED', 'ABORTED']);
    expect(endOf(stdout)).toMatchObject({ type: 'summary', ABORTED: 2 });
  });

  it('shows a killed flash as INTERRUPTED, flashes nothing by itself, and goes on when asked', async () => {
    const link = 'virtual:lamp?fault=slow-erase';
    const running = new Running(run('killed', link));
    await running.saw(/"type":"progress".*"step":"flash"/);
    running.process.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');

    const data = ['--data-dir', join(folder, 'killed')];
    const results = await benchflash(['results', '--json', ...data]);
    expect(JSON.parse(results.stdout)).toMatchObject({
      batch: { state: 'unfinished' },
      units: [{ outcome: 'INTERRUPTED', step: 'flash', wrote: true, backup: { bytes: 4 * 1024 * 1024 } }],
    });
    const again = await benchflash(run('killed', 'virtual:lamp'));
    expect(again.code).toBe(0);
    expect(outcomesOf(again.stdout)).toMatchObject([{ outcome: 'PASS', step: 'reboot' }]);
  });
});
