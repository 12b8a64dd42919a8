import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseLinks } from '../../../src/core/link.ts';
import { createPracticeBench } from '../../../src/virtual/create-practice-bench.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

const link = (text: string) => parseLinks(text)[0]!;

describe('a chip is on the programmer or on its board, never on both', () => {
  it.each(['virtual:dafang', 'virtual:dafang-console'])('%s beside virtual:dafang', async (console) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'benchflash-seats-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const bench = createPracticeBench({ dataDir: folder, clock: new ManualClock() });
    const busy = { code: 'PORT_BUSY', message: expect.stringContaining('in use') as string };

    const programmer = await bench.openProgrammer(link('virtual:dafang'));
    await expect(bench.openSerial(link(console), { baudRate: 115_200 })).rejects.toMatchObject(busy);
    await programmer.close();

    const port = await bench.openSerial(link(console), { baudRate: 115_200 });
    await expect(bench.openProgrammer(link('virtual:dafang'))).rejects.toMatchObject(busy);
    await port.close();
    await (await bench.openProgrammer(link('virtual:dafang'))).close();
  });
});
