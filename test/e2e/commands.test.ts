import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { benchflash, Running, temporaryFolder } from './program.ts';

const folder = temporaryFolder();
const data = ['--data-dir', join(folder, 'data')];

describe('the built program', () => {
  it('knows its version and its commands', async () => {
    expect(await benchflash(['--version'])).toMatchObject({ code: 0, stdout: `${packageJson.version}\n` });
    const help = await benchflash(['--help']);
    expect(help.code).toBe(0);
    for (const command of [
      'demo',
      'run',
      'backup',
      'restore',
      'flows',
      'scan',
      'doctor',
      'inspect',
      'results',
      'unit',
      'virtual',
    ])
      expect(help.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it('lists flows as one JSON document', async () => {
    const { code, stdout, stderr } = await benchflash(['flows', '--json']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const { flows } = JSON.parse(stdout) as { flows: { id: string }[] };
    expect(flows.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['mijia-bedside-lamp-2', 'esp8266-plug-wire']),
    );
  });

  it.each([
    ['an unknown command', ['frobnicate'], 'frobnicate'],
    ['the screen without a terminal', [], 'needs a terminal'],
    ['a batch that is not there', ['results', 'B-0009', ...data], 'no batches'],
    ['a unit nobody has seen', ['unit', 'aabbcc', ...data], 'aabbcc'],
    ['a file that is not there', ['inspect', join(folder, 'nowhere.bin')], 'nowhere.bin'],
  ])('ends with 2 for %s and keeps stdout clean', async (_, words, text) => {
    const { code, stdout, stderr } = await benchflash(words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
  });

  it('ends with 3 when the data directory cannot be used', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { code, stderr } = await benchflash([
      'backup',
      'mijia-bedside-lamp-2',
      '--link',
      'virtual:lamp',
      '--data-dir',
      join(file, 'data'),
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain('DATA_DIR_UNUSABLE');
  });

  it('says what is wrong with a file, whatever its name', async () => {
    mkdirSync(join(folder, 'files'));
    const path = join(folder, 'files', 'firmware.bin');
    writeFileSync(path, 'this is no firmware');
    const { code, stdout } = await benchflash(['inspect', path, '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ path, problems: [{ severity: 'error' }] });
  });

  it('does not mind when the reader of its lines goes away', async () => {
    const running = new Running(['flows']);
    running.process.stdout?.destroy();
    const { signal, stderr } = await running.ended;
    expect(signal).toBeNull();
    expect(stderr).toBe('');
  });
});
