import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { practice, type Practice, type PracticeRun } from './practice.ts';
import { endsOf, lastOf } from './thermometers.ts';

const DEVICE = 'tasmota-plug';
const link = (unit: number, state = 'lite-9') => `virtual:${DEVICE}?unit=${unit}&state=${state}`;
const LITE = 'tasmota-lite.bin';
const FULL = 'tasmota.bin';
const MINIMAL = 'tasmota-minimal.bin';

/** Whether the application in its flash is that of the image; the header's mode is the unit's own. */
async function runsIn(bench: Practice, unit: number, file: string): Promise<boolean> {
  const image = await readFile(file);
  return (await bench.flashOf(DEVICE, unit)).subarray(0x1000, image.length).equals(image.subarray(0x1000));
}
const logOf = (run: PracticeRun, unit: number): string =>
  run.events
    .filter((event) => event.type === 'log' && event.slot === `virtual:${DEVICE}#${unit}`)
    .map((event) => (event.type === 'log' ? event.text : ''))
    .join('\n');

it('sends a target in one step, or through minimal where it has no room', { timeout: 120_000 }, async () => {
  const bench = await practice();
  const full = await bench.image(DEVICE, FULL);
  const minimal = await bench.image(DEVICE, MINIMAL);
  const run = await bench.run({
    flowId: 'tasmota',
    link: [link(1), link(2, 'minimal')],
    files: [
      { slot: 'target', path: full },
      { slot: 'minimal', path: minimal },
    ],
    settings: { 'unit-name': 'Plug {number}', commands: 'SetOption65 1' },
    assume: ['wired', 'no-backup'],
  } as never);
  expect(endsOf(run)).toEqual(['PASS', 'PASS']);
  for (const unit of [1, 2]) expect(await runsIn(bench, unit, full)).toBe(true);
  expect(logOf(run, 1)).toContain('through minimal');
  expect(lastOf(run, 1).evidence).toMatch(/says 15\.5\.0.*; set: name Plug \d, SetOption65/);
  expect(lastOf(run, 1).firmware.map(({ slot }) => slot)).toEqual(['minimal', 'target']);
  expect(lastOf(run, 1).backup).toMatchObject({ bytes: 4096 });
});

it('is fetched by URL, minimal first where the unit wants it so', { timeout: 120_000 }, async () => {
  const bench = await practice();
  const lite = await bench.image(DEVICE, LITE);
  const run = await bench.run({
    flowId: 'tasmota',
    link: [link(1), `virtual:${DEVICE}?unit=2&fault=never-fetches`],
    images: [lite],
    settings: { method: 'url' },
    assume: ['wired', 'pilot'],
  });
  expect(endsOf(run)).toEqual(['PASS', 'DOWNLOAD_NOT_STARTED']);
  expect(await runsIn(bench, 1, lite)).toBe(true);
  expect(lastOf(run, 1).evidence).toContain('its OtaUrl as it was');
});

it('says before anything is written what a unit lacks', { timeout: 120_000 }, async () => {
  const bench = await practice();
  const states = ['with-password', 'old-6.7', 'old-8.5', 'full-15', 'lite-15'];
  const run = await bench.run({
    flowId: 'tasmota',
    link: states.map((state, index) => link(index + 1, state)),
    images: [await bench.image(DEVICE, LITE)],
    assume: ['wired', 'pilot'],
  });
  expect(endsOf(run)).toEqual([
    'PLUG_LOCKED',
    'TASMOTA_STEP_NEEDED',
    'TASMOTA_STEP_NEEDED',
    'TASMOTA_MINIMAL_NEEDED',
    // Same version, variant, build date and size before and after: that is no proof.
    'TASMOTA_LOOKS_ALIKE',
  ]);
  expect(lastOf(run, 2).message).toContain('7.2.0');
  expect(lastOf(run, 3).message).toContain('9.1.0');
  expect([1, 2, 3, 4].map((unit) => lastOf(run, unit).bytesWritten)).toEqual([0, 0, 0, 0]);
});

it(
  'a password opens a unit, and what looks alike is proved by way of minimal',
  { timeout: 120_000 },
  async () => {
    const bench = await practice();
    const lite = await bench.image(DEVICE, LITE);
    const run = await bench.run({
      flowId: 'tasmota',
      link: [link(1, 'with-password'), link(2, 'lite-15')],
      files: [
        { slot: 'target', path: lite },
        { slot: 'minimal', path: await bench.image(DEVICE, MINIMAL) },
      ],
      settings: { 'device-password': 'practice' },
      assume: ['wired', 'pilot'],
    } as never);
    expect(endsOf(run)).toEqual(['PASS', 'PASS']);
    expect(logOf(run, 2)).toContain('the return from minimal is the proof');
  },
);

it('keeps the settings of a unit and puts them back', { timeout: 120_000 }, async () => {
  const bench = await practice();
  const kept = await bench.run({ flowId: 'tasmota', task: 'backup', link: link(1) });
  expect(endsOf(kept)).toEqual(['PASS']);
  const restored = await bench.run({ flowId: 'tasmota', task: 'restore', link: link(1) });
  expect(endsOf(restored)).toEqual(['PASS']);
  expect(lastOf(restored, 1)).toMatchObject({ proof: ['read back', 'answered'] });
});

const DATA = path.resolve('../shared/data/plugs');

describe.skipIf(!existsSync(DATA))('with real images', () => {
  const real = (name: string) => path.join(DATA, name);

  it('a plug becomes an HAA installer, met at its own access point', { timeout: 120_000 }, async () => {
    const bench = await practice();
    const run = await bench.run({
      flowId: 'tasmota',
      link: [link(1)],
      images: [real('haa-tasmota2haa-12.18.0.bin.gz')],
      assume: ['wired'],
    });
    expect(endsOf(run)).toEqual(['PASS']);
    expect(lastOf(run, 1)).toMatchObject({ proof: ['heard', 'answered'] });
    const image = await readFile(real('haa-fullhaaboot-12.18.0.bin'));
    expect(
      (await bench.flashOf(DEVICE, 1)).subarray(0x2000, image.length).equals(image.subarray(0x2000)),
    ).toBe(true);
  });

  it(
    'an image without marker goes to an old Tasmota only as a copy that is allowed',
    { timeout: 120_000 },
    async () => {
      const bench = await practice();
      const job = (settings: Record<string, string>, unit: number) =>
        bench.run({
          flowId: 'tasmota',
          link: [link(unit)],
          images: [real('haa-fullhaaboot-12.18.0.bin')],
          settings,
          assume: ['wired'],
        });
      const refused = await job({}, 1);
      expect(endsOf(refused)).toEqual(['TASMOTA_NOT_COMPATIBLE']);
      expect(lastOf(refused, 1)).toMatchObject({
        bytesWritten: 0,
        advice: expect.stringContaining('patch=yes') as string,
      });
      const sent = await job({ patch: 'yes' }, 2);
      expect(endsOf(sent)).toEqual(['PASS']);
      expect(lastOf(sent, 2).warnings.join()).toContain('a changed copy');
      expect(logOf(sent, 2)).toContain('the changed copy is kept');
      expect(lastOf(sent, 2).backup).toMatchObject({ bytes: 4096 });
    },
  );

  it('at the screen the changed copy is offered once for all units', { timeout: 120_000 }, async () => {
    const bench = await practice({ interactive: true });
    const asked: string[] = [];
    const run = await bench.run({
      flowId: 'tasmota',
      link: [link(1), link(2)],
      images: [real('haa-fullhaaboot-12.18.0.bin')],
      assume: ['wired', 'pilot'],
      onEvent: (event, at) => {
        if (event.type !== 'ask' || event.prompt.choices === undefined) return;
        if (!asked.includes(event.prompt.id)) asked.push(event.prompt.id);
        expect(event.prompt.text).toContain('A changed copy would be taken');
        at.answer(event.prompt.id, 'yes');
      },
    });
    expect(asked).toHaveLength(1);
    expect(endsOf(run)).toEqual(['PASS', 'PASS']);
    expect(lastOf(run, 1).warnings.join()).toContain('a changed copy');
  });

  it('ESPurna is refused without its marker', { timeout: 60_000 }, async () => {
    const bench = await practice();
    const run = await bench.run({
      flowId: 'tasmota',
      link: [link(1)],
      images: [real('espurna-base-1.13.5.bin')],
      assume: ['wired'],
    });
    expect(endsOf(run)).toEqual(['TASMOTA_NOT_COMPATIBLE']);
  });

  it('minimal is never the last image', async () => {
    const bench = await practice();
    const start = bench.run({
      flowId: 'tasmota',
      link: [link(1)],
      files: [{ slot: 'target', path: real('tasmota-minimal-9.2.0.bin') }],
    });
    await expect(start).rejects.toMatchObject({ code: 'FIRMWARE_REFUSED' });
  });
});

it('a packed image goes over packed', { timeout: 60_000 }, async () => {
  const bench = await practice();
  const full = await bench.image(DEVICE, FULL);
  const packed = path.join(bench.folder, 'tasmota.bin.gz');
  await writeFile(packed, gzipSync(await readFile(full)));
  const run = await bench.run({ flowId: 'tasmota', link: [link(1)], images: [packed], assume: ['wired'] });
  expect(endsOf(run)).toEqual(['PASS']);
  expect(await runsIn(bench, 1, full)).toBe(true);
});
