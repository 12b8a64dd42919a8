import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { benchflash } from '../../e2e/program.ts';

/** The practice images of both virtual devices, made by the built program for the tests of one file. */
export interface Firmware {
  path(name: string): string;
  bytes(name: string): Promise<Buffer>;
}

export function practiceFirmware(): Firmware {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'benchflash-esp-firmware-'));
    for (const device of ['lamp', 'plug-esp8266']) {
      const { code, stderr } = await benchflash(['virtual', device, '--make-firmware', folder]);
      if (code !== 0) throw new Error(stderr);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return { path, bytes: (name) => readFile(path(name)) };
}
