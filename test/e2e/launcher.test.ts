import { cp, readdir, readFile, truncate, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { expect, it } from 'vitest';
import { benchflash, PROGRAM, temporaryFolder } from './program.ts';

async function copyOfProgram(): Promise<{ launcher: string; program: string; cache: string }> {
  const folder = temporaryFolder();
  await cp(dirname(PROGRAM), folder, { recursive: true });
  const names = await readdir(folder);
  const named = (pattern: RegExp) =>
    join(
      folder,
      names.find((name) => pattern.test(name))!,
    );
  return {
    launcher: named(/^benchflash\.cjs$/),
    program: named(/^program-\w+\.js$/),
    cache: named(/^program-\w+\.js\.cache$/),
  };
}

it('comes with a code cache that this Node takes', async () => {
  const { program, cache } = await copyOfProgram();
  const source = await readFile(program, 'latin1');
  const script = new Script(source, { filename: program, cachedData: await readFile(cache) });
  expect(script.cachedDataRejected).toBe(false);
});

it('is plain ASCII, which is what the launcher reads it as', async () => {
  const { program } = await copyOfProgram();
  expect((await readFile(program)).every((byte) => byte < 0x80)).toBe(true);
});

it('starts without its code cache', async () => {
  const { launcher, cache } = await copyOfProgram();
  await unlink(cache);
  const { code, stdout } = await benchflash(['flows'], {}, launcher);
  expect([code, stdout]).toEqual([0, expect.stringContaining('mijia-bedside-lamp-2')]);
});

it('starts with a code cache that was cut off', async () => {
  const { launcher, cache } = await copyOfProgram();
  await truncate(cache, 100_000);
  const { code, stdout } = await benchflash(['flows'], {}, launcher);
  expect([code, stdout]).toEqual([0, expect.stringContaining('mijia-bedside-lamp-2')]);
});
