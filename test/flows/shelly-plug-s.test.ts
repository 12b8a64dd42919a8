import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { PRACTICE_PASSWORD } from '../../src/virtual/shelly/shelly.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { practice, type Practice } from './practice.ts';
import { endsOf, expectNoSecrets, lastOf } from './thermometers.ts';

const FLOW = 'shelly-plug-s';
const WIFI = { 'wifi-ssid': 'workshop', 'wifi-password': 'korrekt-horse' };

/** Starts and silences of these units take minutes; the transfers are real. */
export const quickPractice = (): Promise<Practice> => practice({ clock: fastClock(5) });
export const imagesOf = async (bench: Practice): Promise<string[]> => [
  await bench.image(FLOW, 'mg2tasmota-ShellyPlugS'),
  await bench.image(FLOW, '/tasmota.bin'),
];
/** Whether the target lies where the unit starts it from. */
const holds = async (bench: Practice, unit: number, target: Buffer): Promise<boolean> =>
  (await bench.flashOf(FLOW, unit)).subarray(0, target.length).equals(target);

it('a tray of twelve is converted, the pilot first', { timeout: 180_000 }, async () => {
  const bench = await quickPractice();
  const images = await imagesOf(bench);
  const order: string[] = [];
  const run = await bench.run({
    flowId: FLOW,
    link: `virtual:${FLOW}?n=12`,
    images,
    settings: WIFI,
    onEvent: (event) => {
      if (event.type === 'log' && /^stage 0|access point .* is heard|^PASS/.test(event.text))
        order.push(event.slot);
    },
  });
  expect(endsOf(run)).toEqual(Array.from({ length: 12 }, () => 'PASS'));
  const target = await readFile(images[1]!);
  for (const unit of run.results.keys()) {
    expect(await holds(bench, unit, target)).toBe(true);
    const settled = lastOf(run, unit);
    expect(settled).toMatchObject({ proof: ['heard', 'answered'], bytesWritten: expect.any(Number) });
    expect(settled.evidence).toContain(settled.identity.mac);
    expect(JSON.parse(await readFile(settled.backup!.file, 'utf8'))).toMatchObject({
      mac: settled.identity.mac,
    });
  }
  // Nobody is ordered anything before the pilot's access point was heard.
  const [pilot, next] = [...new Set(order)];
  expect(order.indexOf(next!)).toBeGreaterThan(order.indexOf(pilot!));
  await expectNoSecrets(bench.folder, [WIFI['wifi-password']]);
});

it(
  'without a Wi-Fi for them they wait at their access points; looking again does not change that',
  { timeout: 60_000 },
  async () => {
    const bench = await quickPractice();
    const images = await imagesOf(bench);
    const run = await bench.run({ flowId: FLOW, link: `virtual:${FLOW}?n=1`, images, thenLookAgain: true });
    expect(lastOf(run, 1)).toMatchObject({ outcome: 'UNSURE', code: 'AT_ACCESS_POINT' });
    expect(await holds(bench, 1, await readFile(images[1]!))).toBe(true);
  },
);

it.each([
  ['login', { 'device-password': PRACTICE_PASSWORD }, 'PASS'],
  ['login', { 'device-password': 'another' }, 'PLUG_LOCKED'],
  ['login', {}, 'PLUG_LOCKED'],
  ['no-version', {}, 'SHELLY_FIRMWARE_TOO_OLD'],
  ['shelly1', {}, 'SHELLY_MODEL_DIFFERS'],
  ['shelly25', {}, 'SHELLY_MODEL_DIFFERS'],
  ['gen2', {}, 'SHELLY_GEN2'],
  ['new', {}, 'PLUG_NOT_FOUND'],
] as const)('a unit in the state %s, settings %o: %s', { timeout: 60_000 }, async (state, settings, end) => {
  const bench = await quickPractice();
  const run = await bench.run({
    flowId: FLOW,
    link: `virtual:${FLOW}?unit=1&state=${state}`,
    images: await imagesOf(bench),
    settings: { ...WIFI, ...settings },
  });
  expect(endsOf(run)).toEqual([end]);
  if (end !== 'PASS') expect(lastOf(run, 1).bytesWritten).toBe(0);
});

it.each([
  ['emptied', () => new Uint8Array()],
  ['cut', (file: Buffer) => file.subarray(0, file.length / 2)],
  ['swapped', (file: Buffer) => Buffer.alloc(file.length, 0xe9)],
] as const)(
  'files are %s once the batch is planned: the unit gets what was checked',
  { timeout: 60_000 },
  async (_what, spoil) => {
    const bench = await quickPractice();
    const images = await imagesOf(bench);
    const target = await readFile(images[1]!);
    const run = await bench.run({
      flowId: FLOW,
      link: `virtual:${FLOW}?n=1`,
      images,
      settings: WIFI,
      onEvent: (event) => {
        if (event.type !== 'batch') return;
        for (const file of images) void readFile(file).then((bytes) => writeFile(file, spoil(bytes)));
      },
    });
    expect(endsOf(run)).toEqual(['PASS']);
    expect(await holds(bench, 1, target)).toBe(true);
  },
);

it('settings alone: kept, and nothing is written', { timeout: 30_000 }, async () => {
  const bench = await quickPractice();
  const run = await bench.run({ flowId: FLOW, task: 'backup', link: `virtual:${FLOW}?n=2` });
  expect(endsOf(run)).toEqual(['PASS', 'PASS']);
  expect(lastOf(run, 1)).toMatchObject({ bytesWritten: 0, proof: ['answered'] });
});

it(
  'one that some other tool left in the intermediate firmware is brought on',
  { timeout: 60_000 },
  async () => {
    const bench = await quickPractice();
    const images = await imagesOf(bench);
    const run = await bench.run({
      flowId: FLOW,
      link: `virtual:${FLOW}?state=halfway`,
      images,
      settings: WIFI,
      assume: ['no-backup'],
    });
    const settled = lastOf(run, 1);
    expect(settled).toMatchObject({ outcome: 'PASS', proof: ['heard', 'answered'] });
    expect(settled.warnings).toContainEqual(expect.stringContaining('found halfway'));
    // The archive is not offered to a unit that is past it.
    expect(settled.firmware.map(({ slot }) => slot)).toEqual(['target']);
    expect(await holds(bench, 1, await readFile(images[1]!))).toBe(true);
  },
);
