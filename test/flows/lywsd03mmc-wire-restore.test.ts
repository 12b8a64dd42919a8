import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardUnique, uniqueSectors } from '../../flows/lywsd03mmc-wire/unique-areas.ts';
import { wiringPages } from '../../flows/lywsd03mmc-wire/wiring.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { encodeUniqueAreas, parseUniqueAreas } from '../../src/firmware/telink-unique-areas.ts';
import { factoryFlash, THERMOMETER_STATES } from '../../src/virtual/thermometer/images/factory-flash.ts';
import { unitIdentity } from '../../src/virtual/thermometer/images/unit-identity.ts';
import { practice } from './practice.ts';
import { smallImage, smallImageFile } from './small-image.ts';

const DEVICE = 'thermometer';
const FLOW = 'lywsd03mmc-wire';
const LINK = `virtual:${DEVICE}`;
const QUICK = { activation: '2', listen: '5' };
const KEYS = 0x7_8000;

const factory = (unit: number): Uint8Array => factoryFlash(THERMOMETER_STATES[1]!, unit);

describe('restore', () => {
  it('puts back the keys of the unit from its unique areas, and leaves its firmware', async () => {
    const bench = await practice();
    const link = `${LINK}?state=stock-1.0.0_0130-bound`;
    const flashed = await bench.run({
      flowId: FLOW,
      link,
      images: [await smallImageFile(bench.folder)],
      settings: QUICK,
    });
    expect(flashed.results.get(1)![0]!.outcome).toBe('PASS');
    const lost = await bench.flashOf(DEVICE, 1);
    lost.fill(0xff, KEYS, KEYS + 0x1000);
    lost[0x7_6fff] = 0x00;
    await bench.putFlash(DEVICE, 1, lost);
    const { results } = await bench.run({ flowId: FLOW, task: 'restore', link: LINK, settings: QUICK });
    expect(results.get(1)![0]).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    const held = await bench.flashOf(DEVICE, 1);
    expect(held.subarray(0x7_6000)).toEqual(Buffer.from(factory(1).subarray(0x7_6000)));
    expect(held.subarray(0, 0x2004)).toEqual(Buffer.from(smallImage()));
    const again = await bench.run({ flowId: FLOW, task: 'restore', link: LINK, settings: QUICK });
    expect(again.results.get(1)![0]).toMatchObject({ outcome: 'CURRENT', bytesWritten: 0 });
  });

  it('writes a whole dump back to its own unit', { timeout: 60_000 }, async () => {
    const bench = await practice();
    const taken = await bench.run({
      flowId: FLOW,
      task: 'backup',
      link: LINK,
      settings: { ...QUICK, backup: 'whole' },
    });
    expect(taken.results.get(1)![0]).toMatchObject({ outcome: 'PASS', backup: { bytes: 0x8_0000 } });
    const flashed = await bench.run({
      flowId: FLOW,
      link: LINK,
      images: [await smallImageFile(bench.folder)],
      settings: QUICK,
    });
    expect(flashed.results.get(1)![0]!.outcome).toBe('PASS');
    const { results } = await bench.run({ flowId: FLOW, task: 'restore', link: LINK, settings: QUICK });
    expect(results.get(1)![0]).toMatchObject({ outcome: 'PASS', proof: ['read back', 'heard'] });
    const came = Buffer.from(factoryFlash(THERMOMETER_STATES[0]!, 1));
    expect((await bench.flashOf(DEVICE, 1)).equals(came)).toBe(true);
  });

  it('of another unit: refused; by name its firmware alone', async () => {
    const bench = await practice();
    const dump = path.join(bench.folder, 'other.bin');
    const content = factory(9);
    content.fill(0xff, 0, 0x2_0000);
    content.set(smallImage(9));
    await writeFile(dump, content);
    const request = {
      flowId: FLOW,
      task: 'restore' as const,
      link: `${LINK}?state=stock-1.0.0_0130-bound`,
      settings: QUICK,
      backupFile: dump,
    };
    const refused = await bench.run(request);
    expect(refused.results.get(1)![0]).toMatchObject({ code: 'OPERATOR_NEEDED', bytesWritten: 0 });
    const { results } = await bench.run({ ...request, assume: ['wired', 'other-unit'] });
    expect(results.get(1)![0]).toMatchObject({ outcome: 'PASS' });
    expect(results.get(1)![0]!.identity.mac).toBe(unitIdentity(1).address);
    const held = await bench.flashOf(DEVICE, 1);
    expect(held.subarray(0, 0x2004)).toEqual(Buffer.from(smallImage(9)));
    expect(held.subarray(0x7_4000)).toEqual(Buffer.from(factory(1).subarray(0x7_4000)));
  });

  it('stock comes back as an image like any other', async () => {
    const bench = await practice();
    const file = await bench.image(DEVICE, 'thermometer-stock-1.0.0_0130.bin');
    const { results } = await bench.run({
      flowId: FLOW,
      link: `${LINK}?state=pvvx`,
      images: [file],
      settings: QUICK,
    });
    expect(results.get(1)![0]).toMatchObject({ outcome: 'PASS', proof: ['read back', 'heard'] });
    const image = await readFile(file);
    expect((await bench.flashOf(DEVICE, 1)).subarray(0, image.length).equals(image)).toBe(true);
  });
});

describe('what is unique', () => {
  it('no write of this flow may reach it', () => {
    for (const sector of uniqueSectors) {
      expect(() => guardUnique([{ offset: sector, bytes: new Uint8Array(1) }])).toThrow('unique');
      expect(() => guardUnique([{ offset: sector - 0x1000, bytes: new Uint8Array(0x1001) }])).toThrow(
        'unique',
      );
      expect(() => guardUnique([{ offset: 0, bytes: new Uint8Array(sector + 1) }])).toThrow('unique');
    }
    expect(() => guardUnique([{ offset: 0, bytes: new Uint8Array(0x5_5000) }])).not.toThrow();
  });

  it('is kept in a file that tells damage', async () => {
    const file = encodeUniqueAreas(0x8_0000, [
      { offset: 0x7_6000, bytes: Uint8Array.of(0x4c, 0x94, 0xb4, 0x38, 0xc1, 0xa4) },
    ]);
    const inspected = await inspectBytes('x', file);
    expect(inspected).toMatchObject({ kind: 'telink-unique-areas', problems: [] });
    expect(inspected.title).toContain('a4:c1:38:b4:94:4c');
    for (let at = 8; at < file.length; at++) {
      const damaged = file.slice();
      damaged[at]! ^= 0x10;
      expect(parseUniqueAreas(damaged)!.damage).toBeDefined();
    }
    const cut = await inspectBytes('x', file.subarray(0, -1));
    expect(cut.problems[0]).toMatchObject({ severity: 'error' });
  });
});

it.each([
  ['a full dump', () => factory(1), 'whole flash'],
  ['another model', 'thermometer-cgg1-pvvx.bin', 'CGG1'],
  ['something else', () => new Uint8Array(5000).fill(7), ''],
])('%s is refused before any unit is touched', async (_, what, why) => {
  const bench = await practice();
  const file =
    typeof what === 'string' ? await bench.image(DEVICE, what) : path.join(bench.folder, 'file.bin');
  if (typeof what !== 'string') await writeFile(file, what());
  await expect(bench.run({ flowId: FLOW, link: LINK, images: [file] })).rejects.toMatchObject({
    code: 'FIRMWARE_REFUSED',
    message: expect.stringContaining(why) as string,
  });
});

it('the image out of a Zigbee update file is written, not its header', async () => {
  const bench = await practice();
  const file = await bench.image(DEVICE, 'thermometer-pvvx.zigbee');
  const { results } = await bench.run({ flowId: FLOW, link: LINK, images: [file], settings: QUICK });
  expect(results.get(1)![0]!.outcome).toBe('PASS');
  const image = (await readFile(file)).subarray(62);
  expect((await bench.flashOf(DEVICE, 1)).subarray(0, image.length).equals(image)).toBe(true);
});

it.each(['full', 'tx-only'])('pages of %s are drawn within 64 by 16, in ASCII', (ability) => {
  for (const { drawing, notes, title } of wiringPages({ ability })) {
    const lines = drawing.split('\n');
    expect(lines.length, title).toBeLessThanOrEqual(16);
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{0,64}$/);
    for (const note of notes) expect(note).toMatch(/^[\x20-\x7e]+$/);
  }
});
