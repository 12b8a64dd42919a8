import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { benchflash, outcomesOf, Running, temporaryFolder } from './program.ts';

const folder = temporaryFolder();
let firmware = '';

beforeAll(async () => {
  const { stdout } = await benchflash([
    ...['virtual', 'tasmota-plug', '--make-firmware', join(folder, 'images'), '--json'],
  ]);
  const { images } = JSON.parse(stdout) as { images: { path: string }[] };
  firmware = images.find(({ path }) => path.endsWith('tasmota-lite.bin'))!.path;
});

describe('plugs on the network that another process serves', () => {
  it(
    'are flashed by their http:// links, the first one as the pilot, from the firmware server',
    { timeout: 120_000 },
    async () => {
      const served = new Running([
        ...['virtual', 'tasmota-plug', '--listen', 'http://127.0.0.1:0', '--count', '2', '--json'],
      ]);
      try {
        await served.saw(/(.*listening.*\n){2}/);
        const links = served.stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { listening: string }).listening);
        const { code, stdout } = await benchflash([
          ...['run', 'tasmota', '--link', ...links, '--firmware', firmware, '--set', 'method=url', '--json'],
          ...['--data-dir', join(folder, 'data')],
        ]);
        expect(code).toBe(0);
        const outcomes = outcomesOf(stdout);
        expect(outcomes.map(({ slot }) => slot).sort()).toEqual([...links].sort());
        for (const outcome of outcomes)
          expect(outcome).toMatchObject({ outcome: 'PASS', proof: ['answered'], tries: 1 });
        expect(stdout).toContain('goes first: the other units of its model');
      } finally {
        served.process.kill('SIGTERM');
      }
      expect((await served.ended).code).toBe(0);
    },
  );
});
