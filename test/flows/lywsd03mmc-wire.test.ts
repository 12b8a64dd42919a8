import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { SettledView } from '../../src/bench/view.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import { inspectFile } from '../../src/firmware/inspect.ts';
import { bytesFrom, parseUniqueAreas } from '../../src/firmware/telink-unique-areas.ts';
import { factoryFlash, THERMOMETER_STATES } from '../../src/virtual/thermometer/images/factory-flash.ts';
import { practice, type Practice } from './practice.ts';
import { smallImage, smallImageFile } from './small-image.ts';

const DEVICE = 'thermometer';
const FLOW = 'lywsd03mmc-wire';
/** Short where nobody answers; where somebody does, they are not waited for. */
const QUICK = { activation: '2', listen: '5', 'listen-before': '1' };

const factory = (unit: number, name = 'stock-1.0.0_0130'): Uint8Array =>
  factoryFlash(
    THERMOMETER_STATES.find((state) => state.name === name)!,
    unit,
  );

/** Everything above the banks that a unit came with. */
const uniqueOf = (flash: Uint8Array) =>
  LYWSD03MMC.unique
    // pvvx writes its copy of the hardware text there at its first start.
    .filter(({ id }) => id !== 'hardware-copy')
    .map(({ offset, length }) => Buffer.from(flash.subarray(offset, offset + length)).toString('hex'));

async function setUp(): Promise<{ bench: Practice; file: string; image: Buffer }> {
  const bench = await practice();
  const file = await bench.image(DEVICE, 'thermometer-pvvx.bin');
  return { bench, file, image: await readFile(file) };
}

const only = (results: ReadonlyMap<number, readonly SettledView[]>, unit = 1): SettledView => {
  const runs = results.get(unit)!;
  expect(runs).toHaveLength(1);
  return runs[0]!;
};

describe('twelve thermometers by wire', () => {
  it('PASS, each heard with its own MAC, what is unique untouched', async () => {
    const { bench, file, image } = await setUp();
    const request = { flowId: FLOW, images: [file], settings: QUICK };
    const link = `virtual:${DEVICE}?n=12&state=stock-1.0.0_0130-bound`;
    const { results } = await bench.run({ ...request, link });
    for (let unit = 1; unit <= 12; unit++) {
      const run = only(results, unit);
      expect(run).toMatchObject({
        outcome: 'PASS',
        proof: ['read back', 'heard'],
        bytesWritten: image.length,
      });
      expect(run.identity).toMatchObject({
        flashId: 'c86013',
        flashSizeBytes: 0x8_0000,
        // What it runs now, not what it came with: this goes onto its label.
        firmware: 'pvvx 5.8',
        chip: 'TLSR825x (revision 2)',
      });
      const held = await bench.flashOf(DEVICE, unit);
      expect(held.subarray(0, image.length).equals(image)).toBe(true);
      const came = factory(unit, 'stock-1.0.0_0130-bound');
      expect(uniqueOf(held)).toEqual(uniqueOf(came));
      const backup = await inspectFile(run.backup!.file);
      expect(backup).toMatchObject({ kind: 'telink-unique-areas', problems: [] });
      expect(backup.title).toContain(run.identity.mac);
      const kept = parseUniqueAreas(backup.content)!.areas;
      for (const area of LYWSD03MMC.unique)
        expect(bytesFrom(kept, area), area.id).toEqual(
          Uint8Array.from(came.subarray(area.offset, area.offset + area.length)),
        );
    }
  });

  it('again: CURRENT by every byte, nothing written; one bit that differs is not CURRENT', async () => {
    const bench = await practice();
    const image = smallImage();
    const request = {
      flowId: FLOW,
      images: [await smallImageFile(bench.folder)],
      settings: QUICK,
      link: `virtual:${DEVICE}?n=2`,
    };
    const first = await bench.run(request);
    expect([only(first.results, 1).outcome, only(first.results, 2).outcome]).toEqual(['PASS', 'PASS']);
    const [held, other] = await Promise.all([bench.flashOf(DEVICE, 1), bench.flashOf(DEVICE, 2)]);
    other[0x1081]! ^= 0x01;
    await bench.putFlash(DEVICE, 2, other);
    const again = await bench.run(request);
    expect(only(again.results, 1)).toMatchObject({
      outcome: 'CURRENT',
      bytesWritten: 0,
      proof: ['read back', 'heard'],
    });
    expect((await bench.flashOf(DEVICE, 1)).equals(held)).toBe(true);
    expect(only(again.results, 2).outcome).toBe('PASS');
    expect((await bench.flashOf(DEVICE, 2)).subarray(0, image.length).equals(image)).toBe(true);
  });
});

describe('a jig of five', () => {
  it('takes one after another without a key', async () => {
    const { bench, file, image } = await setUp();
    const { bench: view, events } = await bench.run({
      flowId: FLOW,
      link: `virtual:${DEVICE}?n=5&jig`,
      images: [file],
      settings: QUICK,
      cycle: true,
    });
    const slot = view.view().batches[0]!.slots[0]!;
    const runs = [...slot.earlier, slot.settled!];
    expect(runs.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS', 'PASS', 'PASS', 'PASS']);
    expect(new Set(runs.map(({ identity }) => identity.mac)).size).toBe(5);
    for (let unit = 1; unit <= 5; unit++)
      expect((await bench.flashOf(DEVICE, unit)).subarray(0, image.length).equals(image)).toBe(true);
    expect(events.some(({ type }) => type === 'ask')).toBe(false);
  });

  it('with TX only: "next one is in" for each', async () => {
    const bench = await practice();
    const image = smallImage();
    const { bench: view } = await bench.run({
      flowId: FLOW,
      link: `virtual:${DEVICE}?n=2&jig&wiring=tx-only`,
      images: [await smallImageFile(bench.folder)],
      settings: { ...QUICK, activation: '1', listen: '2', ability: 'tx-only' },
      assume: ['wired', 'no-backup'],
      cycle: true,
    });
    const slot = view.view().batches[0]!.slots[0]!;
    const runs = [...slot.earlier, slot.settled!];
    expect(runs.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS']);
    expect(new Set(runs.map(({ identity }) => identity.mac)).size).toBe(2);
    for (let unit = 1; unit <= 2; unit++)
      expect((await bench.flashOf(DEVICE, unit)).subarray(0, image.length).equals(image)).toBe(true);
  });
});

describe('without a radio', () => {
  it.each([
    { verify: 'samples', expected: { outcome: 'UNSURE', code: 'SAMPLES_ONLY', proof: [] } },
    {
      verify: 'whole',
      expected: { outcome: 'PASS', proof: ['read back'], identity: { firmware: 'atc1441' } },
    },
  ])('$verify', async ({ verify, expected }) => {
    const bench = await practice();
    const { results } = await bench.run({
      flowId: FLOW,
      link: `virtual:${DEVICE}`,
      images: [await smallImageFile(bench.folder)],
      settings: { ...QUICK, verify, radio: 'no', advertising: 'pvvx' },
    });
    const run = only(results);
    expect(run).toMatchObject(expected);
    expect(run.notDone!.join()).toContain('profile not applied');
  });
});

it('the profile is applied by radio after the flash', async () => {
  const { bench, file } = await setUp();
  const { results, events } = await bench.run({
    flowId: FLOW,
    link: `virtual:${DEVICE}`,
    images: [file],
    settings: { ...QUICK, advertising: 'pvvx', 'unit-name': 'T-{last6}' },
  });
  const run = only(results);
  expect(run.outcome).toBe('PASS');
  expect(run.notDone?.join() ?? '').not.toContain('profile');
  expect(run.identity.name).toBe(`T-${run.identity.mac!.replaceAll(':', '').slice(-6).toUpperCase()}`);
  expect(events.some((event) => event.type === 'log' && event.text.includes('settings'))).toBe(true);
});

describe('siblings and what is erased', () => {
  it('a unit whose hardware is of another model is left as it is', async () => {
    const { bench, file } = await setUp();
    const flash = Buffer.from(factory(1));
    flash.write('V_14G-19-000000000000000', 0x5_5000, 'latin1');
    flash[0x1_6a2c] = 0;
    await bench.putFlash(DEVICE, 1, flash);
    const { results } = await bench.run({
      flowId: FLOW,
      link: `virtual:${DEVICE}`,
      images: [file],
      settings: QUICK,
    });
    expect(only(results)).toMatchObject({
      outcome: 'SKIPPED',
      code: 'MODEL_WITHOUT_PROFILE',
      bytesWritten: 0,
    });
    expect((await bench.flashOf(DEVICE, 1)).equals(flash)).toBe(true);
  });

  it('a unit without a MAC is proved by reading every byte back', async () => {
    const bench = await practice();
    const image = smallImage();
    const { results } = await bench.run({
      flowId: FLOW,
      link: `virtual:${DEVICE}?state=blank`,
      images: [await smallImageFile(bench.folder)],
      settings: QUICK,
    });
    expect(only(results)).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    expect((await bench.flashOf(DEVICE, 1)).subarray(0, image.length).equals(image)).toBe(true);
  });
});

describe('erase-all', () => {
  const ERASE = { flowId: FLOW, link: `virtual:${DEVICE}?state=stock-1.0.0_0130-bound` };

  it('is not done for anybody who cannot type it', async () => {
    const bench = await practice();
    const { results } = await bench.run({
      ...ERASE,
      images: [await smallImageFile(bench.folder)],
      settings: { ...QUICK, 'erase-all': 'yes' },
    });
    expect(only(results)).toMatchObject({ code: 'OPERATOR_NEEDED', bytesWritten: 0 });
  });

  it('by its typed name: everything else is erased, what is unique is back', async () => {
    const bench = await practice({ interactive: true });
    const { results } = await bench.run({
      ...ERASE,
      images: [await smallImageFile(bench.folder)],
      settings: { ...QUICK, 'erase-all': 'yes' },
      onEvent: (event, running) => {
        if (event.type !== 'ask' || event.prompt.kind !== 'question') return;
        expect(event.prompt.typed).toBe('erase-all');
        running.answer(event.prompt.id, 'erase-all');
      },
    });
    expect(only(results)).toMatchObject({ outcome: 'PASS', proof: ['read back', 'heard'] });
    const held = await bench.flashOf(DEVICE, 1);
    const came = factory(1, 'stock-1.0.0_0130-bound');
    expect(uniqueOf(held)).toEqual(uniqueOf(came));
    expect(held.subarray(0x3000, 0x2_0000).every((byte) => byte === 0xff)).toBe(true);
  });
});
