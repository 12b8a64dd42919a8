import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { practice, type Practice } from './practice.ts';
import { endsOf, lastOf } from './thermometers.ts';

const DEVICE = 'haa-plug';
const WIFI_PASSWORD = 'correct horse battery';
const SLOT_0 = 0x2000;

/** A job that installs from the practice mirror. */
async function job(bench: Practice, minutes = '0.8'): Promise<Record<string, string>> {
  const text = async (name: string) => readFile(await bench.image(DEVICE, name), 'utf8');
  return {
    accessory: await text('haa-script.json'),
    mirror: path.dirname(await bench.image(DEVICE, 'haa-mirror/otaversion')),
    'mirror-key': await text('haa-mirror-key.pem'),
    'wifi-ssid': 'bench',
    'wifi-password': WIFI_PASSWORD,
    'haa-minutes': minutes,
  };
}

it(
  'brings units from either set-up page to HAA, told by what HomeKit sees',
  { timeout: 120_000 },
  async () => {
    const bench = await practice();
    const states = ['portal', 'old-portal', 'haa'];
    const run = await bench.run({
      flowId: 'haa',
      link: states.map((state, index) => `virtual:${DEVICE}?unit=${index + 1}&state=${state}`),
      settings: await job(bench),
      assume: ['wired', 'no-backup'],
    });
    expect(endsOf(run)).toEqual(['PASS', 'PASS', 'TARGET_RUNS_ALREADY']);
    const main = await readFile(await bench.image(DEVICE, 'haa-mirror/haamain.bin'));
    for (const unit of [1, 2]) {
      const { identity, proof, evidence, notDone } = lastOf(run, unit);
      expect(proof).toEqual(['heard', 'answered']);
      expect(evidence).toContain(`MAC ${identity?.mac} by the ARP table`);
      expect(notDone).toEqual([expect.stringMatching(/^no backup/)]);
      expect((await bench.flashOf(DEVICE, unit)).subarray(SLOT_0, SLOT_0 + main.length).equals(main)).toBe(
        true,
      );
    }
    expect(JSON.stringify(run.events)).not.toContain(WIFI_PASSWORD);
    expect(
      await readFile(path.join(bench.folder, 'batches', 'B-0001', 'journal.jsonl'), 'utf8'),
    ).not.toContain(WIFI_PASSWORD);
  },
);

/** How a run ends on a unit with this fault. */
const ENDS: Record<string, string> = {
  'portal-timeout': 'HAA_PORTAL_GONE',
  'mirror-404': 'HAA_STRANDED',
  'sec-mismatch': 'HAA_STRANDED',
  'slow-install': 'PASS',
  'no-log': 'PASS',
  'new-address': 'PASS',
  'silent-main': 'HAA_NOT_HEARD',
  'weak-signal': 'PASS',
};

it('every fault of an HAA plug has its own end, and PASS is true', { timeout: 180_000 }, async () => {
  const bench = await practice();
  const names = Object.keys(ENDS);
  const run = await bench.run({
    flowId: 'haa',
    link: names.map((name, index) => `virtual:${DEVICE}?unit=${index + 1}&fault=${name}`),
    settings: await job(bench),
    assume: ['wired', 'no-backup', 'pilot'],
  });
  const ends = endsOf(run);
  expect(Object.fromEntries(names.map((name, index) => [name, ends[index]]))).toEqual(ENDS);
  const main = await readFile(await bench.image(DEVICE, 'haa-mirror/haamain.bin'));
  for (const [index, name] of names.entries())
    if (ENDS[name] === 'PASS')
      expect(
        (await bench.flashOf(DEVICE, index + 1)).subarray(SLOT_0, SLOT_0 + main.length).equals(main),
        name,
      ).toBe(true);
});

it(
  'a stranded unit comes back to its set-up page while its router is off',
  { timeout: 120_000 },
  async () => {
    const bench = await practice();
    const asked: string[] = [];
    const run = await bench.run({
      flowId: 'haa',
      link: `virtual:${DEVICE}?state=stranded`,
      settings: await job(bench),
      assume: ['wired', 'no-backup'],
      onEvent: (event) => {
        if (event.type === 'log' && /router/.test(event.text)) asked.push(event.text);
      },
    });
    expect(endsOf(run)).toEqual(['PASS']);
    expect(asked).toEqual([
      expect.stringContaining('Switch off the Wi-Fi router'),
      expect.stringContaining('Switch the Wi-Fi router of the units on again'),
    ]);
  },
);

it('nothing is posted while the mirror is not whole or the script is empty', async () => {
  const bench = await practice();
  const settings = await job(bench);
  const start = (more: Record<string, string>) =>
    bench.run({ flowId: 'haa', link: `virtual:${DEVICE}`, settings: { ...settings, ...more } });
  await expect(start({ accessory: '{}' })).rejects.toMatchObject({ code: 'USAGE' });
  await expect(start({ 'wifi-ssid': '', 'wifi-password': '' })).rejects.toMatchObject({ code: 'USAGE' });
  await expect(start({ 'mirror-key': '' })).rejects.toMatchObject({ code: 'FIRMWARE_REFUSED' });
  await expect(start({ mirror: bench.folder })).rejects.toMatchObject({ code: 'FIRMWARE_REFUSED' });
  await expect(start({ mirror: '/nowhere' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

it('a plug with Tasmota becomes HAA in one run', { timeout: 120_000 }, async () => {
  const bench = await practice();
  const run = await bench.run({
    flowId: 'tasmota',
    link: 'virtual:tasmota-plug',
    images: [await bench.image(DEVICE, 'haa-fullhaaboot.bin')],
    settings: { ...(await job(bench)), patch: 'yes' },
    assume: ['wired'],
  });
  expect(endsOf(run)).toEqual(['PASS']);
  expect(lastOf(run, 1)).toMatchObject({
    proof: ['heard', 'answered'],
    identity: { firmware: expect.stringMatching(/^HAA 12\.18\.0/) as string },
  });
  expect(JSON.stringify(run.events)).not.toContain(WIFI_PASSWORD);
});
