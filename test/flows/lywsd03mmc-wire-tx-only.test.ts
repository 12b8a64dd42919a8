import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import type { Advertisement, BleRadio } from '../../src/drivers/ble/radio.ts';
import { unitIdentity } from '../../src/virtual/thermometer/images/unit-identity.ts';
import { Ear } from '../../flows/lywsd03mmc/ear.ts';
import type { WireRun, WireSession } from '../../flows/lywsd03mmc-wire/session.ts';
import { watch } from '../../flows/lywsd03mmc-wire/tx-only-proof.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { heard } from '../protocols/adverts/heard.ts';
import { practice } from './practice.ts';
import { smallImage, smallImageFile } from './small-image.ts';

const REQUEST = {
  flowId: 'lywsd03mmc-wire',
  settings: { ability: 'tx-only', activation: '1', listen: '2', 'listen-before': '1' },
  assume: ['wired', 'no-backup'] as ('wired' | 'no-backup')[],
};
const LINK = 'virtual:thermometer?wiring=tx-only';

describe('TX only', () => {
  it('is proved by the one unit that begins to send; neighbours that sent before do not count', async () => {
    const bench = await practice();
    const { results } = await bench.run({
      ...REQUEST,
      images: [await smallImageFile(bench.folder)],
      link: `${LINK}&n=2&fault=2:neighbours`,
    });
    for (let unit = 1; unit <= 2; unit++) {
      const [run] = results.get(unit)!;
      expect(run).toMatchObject({ outcome: 'PASS', proof: ['heard'] });
      expect(run!.identity).toMatchObject({ mac: unitIdentity(unit).address, firmware: 'atc1441' });
      expect(run!.notDone!.join()).toContain('no backup');
      const image = smallImage();
      expect((await bench.flashOf('thermometer', unit)).subarray(0, image.length)).toEqual(
        Buffer.from(image),
      );
    }
  });

  it('neighbours make it UNSURE where the unit sent the same before; they are named', async () => {
    const bench = await practice();
    const { results } = await bench.run({
      ...REQUEST,
      images: [await smallImageFile(bench.folder)],
      link: `${LINK}&state=pvvx&fault=neighbours`,
    });
    const [run] = results.get(1)!;
    expect(run).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_NOT_HEARD', proof: [] });
    for (const unit of [1, 800_002, 800_003]) expect(run!.message).toContain(unitIdentity(unit).address);
  });

  it('a silent unit is UNSURE, and a later sighting makes it PASS without a write', async () => {
    const bench = await practice();
    const notes = path.join(bench.folder, 'virtual', 'thermometer-1.json');
    const file = await smallImageFile(bench.folder);
    const { bench: view, results } = await bench.run({
      ...REQUEST,
      images: [file],
      link: `${LINK}&fault=blank-after-flash`,
      afterwards: async (running, done) => {
        expect(running.view().batches[0]!.slots[0]!.settled).toMatchObject({
          outcome: 'UNSURE',
          code: 'NEW_FIRMWARE_NOT_HEARD',
        });
        // What a second flash cures: here it comes to life by itself.
        const held = JSON.parse(await readFile(notes, 'utf8')) as Record<string, unknown>;
        await writeFile(notes, JSON.stringify({ ...held, wireFlashes: 2 }));
        running.lookAgain([running.view().batches[0]!.slots[0]!.id]);
        await done();
      },
    });
    expect(results.get(1)!.at(-1)).toMatchObject({
      outcome: 'PASS',
      proof: ['heard'],
      identity: { mac: unitIdentity(1).address },
    });
    expect(view.view().batches[0]!.counts.outcomes.PASS).toBe(1);
  });

  it.each([
    [{ task: 'backup' as const }, 'a backup needs RX'],
    [{ settings: { ...REQUEST.settings, 'erase-all': 'yes' } }, 'erase-all would destroy'],
    [{ settings: { ...REQUEST.settings, radio: 'no' } }, 'no proof but the radio'],
    [{ settings: { ...REQUEST.settings, verify: 'whole' } }, 'reads nothing back'],
  ])('refuses what it cannot do: %o', async (change, why) => {
    const bench = await practice();
    const images = 'task' in change ? [] : [await smallImageFile(bench.folder)];
    await expect(bench.run({ ...REQUEST, images, link: LINK, ...change })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(why) as string,
    });
  });

  it('without no-backup nothing is written', async () => {
    const bench = await practice();
    const { results } = await bench.run({
      ...REQUEST,
      assume: ['wired'],
      images: [await smallImageFile(bench.folder)],
      link: LINK,
    });
    expect(results.get(1)![0]).toMatchObject({ outcome: 'ERROR', code: 'OPERATOR_NEEDED', bytesWritten: 0 });
  });
});

/** The middle bytes of what atc1441's firmware sends; the MAC stands in front, the counter behind. */
const atc = (mac: string): string => `${mac.replaceAll(':', '')}00d432390ba801`;

describe('who began to send', () => {
  const [ONE, TWO, THREE] = ['a4:c1:38:00:00:01', 'a4:c1:38:00:00:02', 'a4:c1:38:00:00:03'];

  async function setUp(refused: string[] = []) {
    const clock = new ManualClock();
    const listeners = new Set<(each: Advertisement) => void>();
    const radio = {
      listen: (listener: (each: Advertisement) => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    } as unknown as BleRadio;
    const identified: unknown[] = [];
    const run = {
      clock,
      signal: new AbortController().signal,
      link: { text: 'test' },
      plan: {
        options: { listenMs: 60_000 },
        openProofs: new Map(),
        provedByRadio: new Set<string>(),
        profile: { config: {}, clock: false },
      },
      openRadio: async () => ({ radio, address: undefined, close: async () => {} }),
      progress: () => {},
      vitals: () => {},
      log: () => {},
      identify: async (identity: { mac: string }) => {
        if (refused.includes(identity.mac)) throw new BenchError('SAME_UNIT');
        identified.push(identity.mac);
      },
    } as unknown as WireRun;
    const session = { ear: await Ear.open(run), unit: undefined } as unknown as WireSession;
    const send = (mac: string) =>
      listeners.forEach((listener) => listener(heard({ address: mac, data: { '181a': atc(mac) } })));
    const start = (before: string[] = []) =>
      watch(session, run, {
        kind: 'unknown',
        airIdentity: 'free',
        firmware: 'pvvx 5.8',
        before: new Set(before),
      });
    return { clock, run, send, start, identified };
  }

  it('one: PASS with its MAC', async () => {
    const { clock, send, start, identified } = await setUp();
    const watched = start([ONE]);
    send(ONE);
    send(TWO);
    expect((await clock.run(watched)).verdict).toMatchObject({ outcome: 'PASS', proof: ['heard'] });
    expect(identified).toEqual([TWO]);
  });

  it('several: UNSURE, and both are named', async () => {
    const { clock, run, send, start, identified } = await setUp();
    const watched = start();
    send(ONE);
    clock.after(2000, () => send(THREE));
    const { verdict } = await clock.run(watched);
    expect(verdict).toMatchObject({ outcome: 'UNSURE', code: 'HEARD_AMBIGUOUS', proof: [] });
    expect(verdict.message).toContain(ONE);
    expect(verdict.message).toContain(THREE);
    expect(identified).toEqual([]);
    expect(run.plan.openProofs.has('test')).toBe(true);
  });

  it('one that another place of the bench has: UNSURE', async () => {
    const { clock, send, start } = await setUp([ONE]);
    const watched = start();
    send(ONE);
    expect((await clock.run(watched)).verdict).toMatchObject({ code: 'NEW_FIRMWARE_NOT_HEARD' });
  });

  it('none, or only one that was proved to be another of this batch: UNSURE', async () => {
    const { clock, run, send, start } = await setUp();
    run.plan.provedByRadio.add(ONE);
    const watched = start([TWO]);
    send(ONE);
    send(TWO);
    const { verdict } = await clock.run(watched);
    expect(verdict).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_NOT_HEARD' });
    expect(verdict.message).toContain(TWO);
  });
});
