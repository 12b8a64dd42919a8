import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, FakeHost, FakeServices } from './fakes.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'benchflash-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const RUN = ['run', 'lamp-flow', '--link', 'virtual:lamp', '--firmware', 'lamp.bin'];
const requestOf = async (words: readonly string[], services = new FakeServices(), host = new FakeHost()) => {
  const { code } = await command(words, services, host);
  expect(host.stderr.text).toBe('');
  expect(code).toBe(0);
  return services.fakeBench.requests[0]!;
};

describe('what a batch command asks for', () => {
  it('takes several links as values or as repeated options, and one link for many units', async () => {
    const links = async (...words: string[]) =>
      (await requestOf(['run', 'lamp-flow', ...words])).links.map((link) => link.text);
    expect(await links('--link', '/dev/ttyUSB0', '/dev/ttyUSB1')).toEqual(['/dev/ttyUSB0', '/dev/ttyUSB1']);
    expect(await links('--link', '/dev/ttyUSB0', '--link', 'COM3')).toEqual(['/dev/ttyUSB0', 'COM3']);
    expect(await links('--link', 'virtual:lamp?n=3')).toEqual([
      'virtual:lamp#1',
      'virtual:lamp#2',
      'virtual:lamp#3',
    ]);
  });

  it('reads SLOT=FILE only for slots of the flow', async () => {
    const request = await requestOf([...RUN, '--firmware', 'bootloader=boot.bin']);
    expect(request.files).toEqual([
      { path: resolve('lamp.bin') },
      { slot: 'bootloader', path: resolve('boot.bin') },
    ]);
    const { code, host } = await command([...RUN, '--firmware', 'nowhere=x.bin']);
    expect(code).toBe(2);
    expect(host.stderr.text).toContain('Its places: app, bootloader');
  });

  it('takes a file whose own name holds = as it stands', async () => {
    const path = join(folder, 'a=b.bin');
    await writeFile(path, '');
    const request = await requestOf(['run', 'lamp-flow', '--link', 'virtual:lamp', '--firmware', path]);
    expect(request.files).toEqual([{ path }]);
  });

  it('collects assume words from lists and repeated options', async () => {
    const request = await requestOf([...RUN, '--assume', 'wired,no-backup', '--assume', 'other-unit']);
    expect(request.assume).toEqual(['wired', 'no-backup', 'other-unit']);
  });

  it('hands over jobs, cycle, operator and task', async () => {
    const request = await requestOf([...RUN, '--jobs', '4', '--cycle', '--operator', 'Bench 2']);
    expect(request).toMatchObject({ parallel: 4, cycle: true, operatorName: 'Bench 2', task: 'flash' });
    expect(await requestOf(['backup', 'lamp-flow', '--link', 'COM3'])).toMatchObject({ task: 'backup' });
    expect(await requestOf(['restore', 'lamp-flow', '--link', 'COM3', '--backup', 'old.bin'])).toMatchObject({
      task: 'restore',
      backupFile: resolve('old.bin'),
    });
  });

  it('takes the name of the person from the settings when none is given', async () => {
    const services = new FakeServices();
    services.operatorName = 'Bench 1';
    expect(await requestOf(RUN, services)).toMatchObject({ operatorName: 'Bench 1' });
  });

  it('keeps a note with the record of every unit', async () => {
    const services = new FakeServices();
    await requestOf([...RUN, '--note', 'tray 7'], services);
    expect(services.fakeBench.notes).toEqual([['B-0001', 1, 'tray 7']]);
  });

  it('starts a saved job, and lets the command line replace parts of it', async () => {
    const services = new FakeServices();
    services.savedJobs = [
      {
        name: 'lamps',
        flowId: 'lamp-flow',
        task: 'flash',
        files: [{ path: '/firmware/lamp.bin' }],
        settings: { baud: '115200' },
        links: ['virtual:lamp?n=2'],
        assume: ['wired'],
        parallel: 1,
      },
    ];
    expect(await requestOf(['run', '--job', 'lamps'], services)).toMatchObject({
      flowId: 'lamp-flow',
      jobName: 'lamps',
      files: [{ path: '/firmware/lamp.bin' }],
      settings: { baud: '115200' },
      assume: ['wired'],
      parallel: 1,
      links: [{ text: 'virtual:lamp#1' }, { text: 'virtual:lamp#2' }],
    });
    const replaced = await requestOf(
      ['run', '--job', 'lamps', '--link', 'COM3', '--set', 'baud=9600', '--firmware', 'new.bin'],
      Object.assign(new FakeServices(), { savedJobs: services.savedJobs }),
    );
    expect(replaced).toMatchObject({
      files: [{ path: resolve('new.bin') }],
      settings: { baud: '9600' },
      links: [{ text: 'COM3' }],
    });
    expect((await command(['run', '--job', 'none'], services)).code).toBe(2);
  });
});

describe('settings and secrets', () => {
  it('takes a value as it stands or from a file without its last line break', async () => {
    const path = join(folder, 'value');
    await writeFile(path, 'from file\n');
    expect((await requestOf([...RUN, '--set', 'baud=9600'])).settings).toEqual({ baud: '9600' });
    expect((await requestOf([...RUN, '--set', `wifi-password=@${path}`])).settings).toEqual({
      'wifi-password': 'from file',
    });
  });

  it('takes a secret from the environment', async () => {
    const host = new FakeHost();
    host.env['BENCHFLASH_WIFI_PASSWORD'] = 'hidden';
    expect((await requestOf(RUN, new FakeServices(), host)).settings).toEqual({ 'wifi-password': 'hidden' });
  });

  it('asks for a secret that is named without a value', async () => {
    const host = new FakeHost();
    host.askSecret = async (question) => `answer to ${question}`;
    const request = await requestOf([...RUN, '--set', 'wifi-password'], new FakeServices(), host);
    expect(request.settings).toEqual({ 'wifi-password': 'answer to Wi-Fi password: ' });
  });

  it('refuses a secret on the command line itself, and never repeats it', async () => {
    const { code, host, services } = await command([...RUN, '--set', 'wifi-password=hunter2']);
    expect(code).toBe(2);
    expect(host.stderr.text).toContain('BENCHFLASH_WIFI_PASSWORD');
    expect(host.stderr.text).not.toContain('hunter2');
    expect(services.fakeBench.requests).toEqual([]);
  });

  it.each([
    ['an unknown setting', 'nonsense=1', 'Its settings: baud, speed, wifi-password'],
    ['a missing file', 'baud=@/nowhere/at/all', '/nowhere/at/all cannot be read: there is no such file.'],
    ['a value that is missing', 'baud', '--set baud=VALUE. A number.'],
  ])('refuses %s', async (_, word, text) => {
    const { code, host } = await command([...RUN, '--set', word]);
    expect(code).toBe(2);
    expect(host.stderr.text).toContain(text);
  });
});

describe('global options', () => {
  it.each([[['--json', ...RUN]], [[...RUN, '--json']], [['--data-dir', 'x', '--json', ...RUN]]])(
    'are taken before and after the command: %j',
    async (words) => {
      const { host } = await command(words);
      expect(host.stdout.json.at(-1)).toMatchObject({ type: 'summary' });
    },
  );

  it('prints version and help', async () => {
    const version = await command(['--version']);
    expect(version).toMatchObject({ code: 0 });
    expect(version.host.stdout.text).toBe('1.2.3\n');
    const help = await command(['run', '--help']);
    expect(help.code).toBe(0);
    expect(help.host.stdout.text).toContain('--firmware');
    expect(help.host.stdout.text).toContain('--data-dir');
  });
});

const USAGE_ERRORS: [string, string[], string][] = [
  ['an unknown command', ['frobnicate'], 'frobnicate'],
  ['an unknown option', [...RUN, '--frobnicate'], '--frobnicate'],
  ['no flow', ['run', '--link', 'COM3'], 'lamp-flow'],
  ['an unknown flow', ['run', 'nonsense', '--link', 'COM3'], 'Flows: lamp-flow'],
  ['no link', ['run', 'lamp-flow'], 'benchflash scan'],
  ['a link that is none', ['run', 'lamp-flow', '--link', 'ftp://x'], 'no such kind of link'],
  ['a link without its port', ['run', 'lamp-flow', '--link', 'socket://x'], 'rfc2217://HOST:PORT'],
  ['a link that is no address', ['run', 'lamp-flow', '--link', 'http://'], 'rfc2217://HOST:PORT'],
  ['an unknown assume word', [...RUN, '--assume', 'wishful'], 'wired'],
  ['zero jobs', [...RUN, '--jobs', '0'], '1 to 64'],
  ['no terminal for the screen', [], 'needs a terminal'],
  ['nowhere to listen', ['virtual', 'lamp'], '--listen'],
  ['an address that is none', ['virtual', 'lamp', '--listen', 'tcp://127.0.0.1'], '--listen'],
  ['an unknown setting', [...RUN, '--set', 'nonsense=1'], 'Its settings: baud'],
  ['no file to inspect', ['inspect', 'nowhere.bin'], 'nowhere.bin'],
  ['an argument too many', ['results', '1', '2'], 'too many arguments'],
];

describe('usage errors end with 2 and say what to do', () => {
  it.each(USAGE_ERRORS)('%s', async (_, words, text) => {
    const { code, host, services } = await command(words);
    expect(code).toBe(2);
    expect(host.stderr.text).toContain(text);
    expect(host.stdout.text).toBe('');
    expect(services.fakeBench.requests).toEqual([]);
  });

  it.each(USAGE_ERRORS)('%s: with --json one error event too', async (_, words, text) => {
    const { code, host } = await command([...words, '--json']);
    expect(code).toBe(2);
    const [event, ...more] = host.stdout.json;
    expect(more).toEqual([]);
    expect(event).toMatchObject({ type: 'error', time: '2026-01-02T03:04:05.000Z', blame: 'operator' });
    expect(['USAGE', 'LINK_UNKNOWN', 'FILE_NOT_FOUND']).toContain(event!['code']);
    expect(event!['message']).not.toMatch(/^error:|\n/);
    expect(`${String(event!['message'])} ${String(event!['advice'])}`).toContain(text);
    expect(host.stderr.text).toContain(text);
  });

  it('prints no error event for help and version, nor for --json as the value of nothing', async () => {
    for (const words of [
      ['--json', '--help'],
      ['--json', '--version'],
    ])
      expect((await command(words)).host.stdout.text).not.toContain('"type":"error"');
    expect((await command(['frobnicate', '--', '--json'])).host.stdout.text).toBe('');
  });
});
