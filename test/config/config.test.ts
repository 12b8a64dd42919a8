import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Job, openJobs } from '../../src/config/jobs.ts';
import { openSettings } from '../../src/config/settings.ts';
import { BenchError, isBenchError } from '../../src/core/errors.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'benchflash-config-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

const caught = (work: () => unknown): BenchError => {
  try {
    work();
  } catch (error) {
    if (error instanceof BenchError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const job = (changes: Partial<Job> = {}): Job => ({
  name: 'Lamps to ESPHome',
  flowId: 'mijia-bedside-lamp-2',
  task: 'flash',
  files: [{ slot: 'app', path: '/firmware/app.bin' }, { path: 'boot.bin' }],
  folder: resolve('/home/bench'),
  settings: { proof: 'boot' },
  links: ['virtual:lamp?n=12'],
  assume: ['wired'],
  parallel: 4,
  cycle: true,
  nextFlowId: 'esp8266-plug-wire',
  ...changes,
});

describe('settings', () => {
  it('have defaults and last', async () => {
    const settings = openSettings({ path });
    expect(settings.get()).toEqual({
      operatorName: '',
      bell: 'once',
      symbols: 'auto',
      colours: 'auto',
      portNames: {},
      lastFolders: [],
    });
    settings.set({ operatorName: 'A. Person', parallel: 4, portNames: { 'usb:1-2.4': 'left jig' } });
    settings.set({ bell: 'off' });
    expect(openSettings({ path }).get()).toMatchObject({
      operatorName: 'A. Person',
      bell: 'off',
      parallel: 4,
      portNames: { 'usb:1-2.4': 'left jig' },
    });
    settings.set({ parallel: undefined });
    expect(openSettings({ path }).get()).not.toHaveProperty('parallel');
    if (process.platform !== 'win32')
      expect((await stat(join(path, 'settings.json'))).mode & 0o777).toBe(0o600);
  });

  it('refuse a value out of range and keep what was there', () => {
    const settings = openSettings({ path });
    settings.set({ parallel: 2 });
    expect(caught(() => settings.set({ parallel: 0 })).code).toBe('USAGE');
    expect(caught(() => settings.set({ bell: 'loud' as 'off' })).message).toContain('bell');
    expect(openSettings({ path }).get().parallel).toBe(2);
  });

  it('take a field that was spoilt by hand for not given, and keep fields of a newer version', async () => {
    await writeFile(join(path, 'settings.json'), '{"bell":"loud","operatorName":"B","theme":"amber"}');
    const settings = openSettings({ path });
    expect(settings.get()).toMatchObject({ bell: 'once', operatorName: 'B' });
    settings.set({ symbols: 'ascii' });
    expect(JSON.parse(await readFile(join(path, 'settings.json'), 'utf8'))).toMatchObject({
      theme: 'amber',
      symbols: 'ascii',
    });
  });

  it.each(['', '{"bell":', '[]', 'null'])(
    'that are damaged (%j) are kept aside, and the next start goes on',
    async (text) => {
      await writeFile(join(path, 'settings.json'), text);
      const error = caught(() => openSettings({ path }));
      expect(error.code).toBe('SETTINGS_DAMAGED');
      expect(await readFile(String(error.detail.kept), 'utf8')).toBe(text);
      expect(error.message).toContain(String(error.detail.kept));
      expect(openSettings({ path }).get().bell).toBe('once');
    },
  );

  it('are only read beside another owner, also where there are none', async () => {
    const looking = openSettings({ path: join(path, 'none'), readOnly: true });
    expect(looking.get().bell).toBe('once');
    expect(caught(() => looking.set({ bell: 'off' })).code).toBe('DATA_DIR_OWNED');
    await writeFile(join(path, 'settings.json'), '{');
    expect(caught(() => openSettings({ path, readOnly: true })).code).toBe('SETTINGS_DAMAGED');
    expect(await readdir(path)).toEqual(['settings.json']);
  });

  it('say when they cannot be written', async () => {
    await writeFile(join(path, 'file'), '');
    const error = caught(() => openSettings({ path: join(path, 'file') }));
    expect(isBenchError(error, 'DATA_DIR_UNUSABLE')).toBe(true);
  });
});

describe('jobs', () => {
  it('come back as they were saved, with absolute paths', () => {
    const jobs = openJobs({ path });
    jobs.save(job());
    jobs.save(job({ name: '  Plugs ', files: [] }));
    expect(openJobs({ path }).get('Lamps to ESPHome')).toEqual(
      job({
        files: [{ slot: 'app', path: '/firmware/app.bin' }, { path: resolve('/home/bench', 'boot.bin') }],
      }),
    );
    expect(openJobs({ path }).list()).toMatchObject({
      jobs: [{ name: 'Lamps to ESPHome' }, { name: 'Plugs' }],
      damaged: [],
    });
  });

  it('are replaced by name, and removed', () => {
    const jobs = openJobs({ path });
    jobs.save(job());
    jobs.save(job({ task: 'backup' }));
    expect(jobs.list().jobs.map(({ task }) => task)).toEqual(['backup']);
    jobs.remove('Lamps to ESPHome');
    expect(jobs.list().jobs).toEqual([]);
    expect(caught(() => jobs.remove('Lamps to ESPHome')).code).toBe('USAGE');
  });

  it('hold no secret', async () => {
    openJobs({ path }).save(job({ settings: { ssid: 'Hall', 'wifi-password': 'correct horse' } }), [
      'wifi-password',
    ]);
    expect(await readFile(join(path, 'jobs.json'), 'utf8')).not.toContain('correct horse');
    expect(openJobs({ path }).get('Lamps to ESPHome').settings).toEqual({ ssid: 'Hall' });
  });

  it.each(['__proto__', 'a.b.c', 'constructor', 'Größe 1'])('may be called %s', (name) => {
    openJobs({ path }).save(job({ name }));
    expect(openJobs({ path }).get(name).name).toBe(name);
  });

  it('say which ones there are when one is not', () => {
    const jobs = openJobs({ path });
    expect(caught(() => jobs.get('x')).advice).toBe('No job has been saved yet.');
    jobs.save(job());
    expect(caught(() => jobs.get('x')).advice).toContain('Lamps to ESPHome');
  });

  it.each([
    ['no name', { name: ' ' }],
    ['a name that would move the cursor', { name: 'a\u001b[2J' }],
    ['an unknown task', { task: 'melt' as 'flash' }],
    ['an unknown assume word', { assume: ['anything' as 'wired'] }],
  ])('are refused with %s', (_, changes) => {
    expect(caught(() => openJobs({ path }).save(job(changes))).code).toBe('USAGE');
  });

  it('that cannot be read are named, kept in the file, and do not hide the others', async () => {
    const file = join(path, 'jobs.json');
    const newer = { name: 'From later', flowId: 'f', task: 'paint', brush: 3 };
    await writeFile(file, JSON.stringify({ jobs: [newer, 17, job()] }));
    const jobs = openJobs({ path });
    expect(jobs.list().damaged).toEqual(['From later', 'a job without a name']);
    expect(caught(() => jobs.get('From later')).message).toContain('cannot be read');
    jobs.save(job({ name: 'New' }));
    expect((JSON.parse(await readFile(file, 'utf8')) as { jobs: unknown[] }).jobs).toEqual(
      expect.arrayContaining([newer, 17]),
    );
  });

  it.each(['{"jobs":', '{"jobs":{"a":1}}'])(
    'in a damaged file (%s) are kept aside, nothing is lost',
    async (text) => {
      await writeFile(join(path, 'jobs.json'), text);
      const jobs = openJobs({ path });
      const error = caught(() => jobs.save(job()));
      expect(error.code).toBe('SETTINGS_DAMAGED');
      expect(await readFile(String(error.detail.kept), 'utf8')).toBe(text);
      jobs.save(job());
      expect(jobs.list().jobs).toHaveLength(1);
    },
  );
});
