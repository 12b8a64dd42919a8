import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { practice } from './practice.ts';
import { endsOf, expectNoSecrets, lastOf } from './thermometers.ts';

const DEVICE = 'sonoff-diy-plug';
const WIFI = { 'wifi-ssid': 'workshop', 'wifi-password': 'korrekt-horse' };

/** How a run ends on a locked unit that reaches its vendor and has this fault. */
const ENDS: Readonly<Record<string, string>> = {
  'error-403': 'SONOFF_STILL_LOCKED',
  'error-408': 'SONOFF_DOWNLOAD_SLOW',
  'error-413': 'SONOFF_TOO_LARGE',
  'error-424': 'SONOFF_SERVER_UNREACHED',
  'error-471': 'SONOFF_HASH_WRONG',
  'unlock-500': 'SONOFF_UNLOCK_REFUSED',
  'unlock-empty': 'SONOFF_STILL_LOCKED',
  'host-bug': 'PASS',
  'data-as-string': 'PASS',
  'never-posts': 'PASS',
  'drops-download': 'SONOFF_DOWNLOAD_FAILED',
  'new-address': 'PASS',
  'weak-signal': 'PLUG_SIGNAL_WEAK',
};
/** Struck once, the same run goes on by itself. */
const ONCE: Readonly<Record<string, string>> = {
  'error-403': 'PASS',
  'error-408': 'PASS',
  'error-424': 'PASS',
  'error-471': 'PASS',
  'unlock-empty': 'PASS',
  'drops-download': 'PASS',
};
/** How a run ends on a unit that begins so. */
const STATES: Readonly<Record<string, string>> = {
  internet: 'PASS',
  unlocked: 'PASS',
  locked: 'SONOFF_UNLOCK_OFFLINE',
  'protocol-1.4': 'PASS',
  ap: 'PLUG_NOT_FOUND',
};

it(
  'every state and fault of a Sonoff in DIY mode has its own end, and PASS is true',
  { timeout: 180_000 },
  async () => {
    const device = findVirtualDevice(DEVICE);
    expect(device.faults.map(({ name }) => name).sort()).toEqual(Object.keys(ENDS).sort());
    expect(device.states.map(({ name }) => name).sort()).toEqual(Object.keys(STATES).sort());
    const bench = await practice({ clock: fastClock(5) });
    const file = await bench.image('tasmota-plug', 'tasmota-lite.bin');
    const image = await readFile(file);
    const cases = [
      ...Object.entries(STATES).map(([name, end]) => [`state=${name}`, end] as const),
      ...Object.entries(ENDS).map(([name, end]) => [`fault=${name}`, end] as const),
      ...Object.entries(ONCE).map(([name, end]) => [`fault=${name}-once`, end] as const),
    ];
    const run = await bench.run({
      flowId: 'sonoff-diy',
      link: cases.map(([what], index) => `virtual:${DEVICE}?unit=${index + 1}&${what}`),
      images: [file],
      settings: WIFI,
      assume: ['pilot', 'no-backup'],
    });
    const ends = endsOf(run);
    expect(Object.fromEntries(cases.map(([what], index) => [what, ends[index]]))).toEqual(
      Object.fromEntries(cases),
    );
    for (const [index, [what]] of cases.entries()) {
      const settled = lastOf(run, index + 1);
      // A flash that nothing was written to is nowhere on the disk.
      const flash = await bench.flashOf(DEVICE, index + 1).catch(() => Buffer.alloc(0));
      // The header is the boot loader's own affair; from the application on every byte is the image's.
      const isNew = flash.subarray(0x1000, image.length).equals(image.subarray(0x1000));
      expect(isNew, what).toBe(settled.outcome === 'PASS');
      if (settled.outcome !== 'PASS') expect(settled.advice, what).toMatch(/\w/);
      else expect(settled.evidence, what).toContain(settled.identity?.mac);
    }
    const about = (what: string) => lastOf(run, cases.findIndex(([name]) => name === what) + 1);
    expect(about('fault=never-posts').notDone?.join(' ')).toContain('did not say how its update ended');
    expect(about('fault=error-471')).toMatchObject({
      advice: expect.stringContaining('Keep the power on') as string,
    });
    await expectNoSecrets(bench.folder, [WIFI['wifi-password']]);
  },
);

it(
  'ESPHome on a Sonoff is known by its announcement, Tasmota on an ESPHome plug by its answer',
  { timeout: 120_000 },
  async () => {
    const bench = await practice({ clock: fastClock(5) });
    const esphome = await bench.image('esphome-plug', 'esphome-plug.bin');
    const tasmota = await bench.image('tasmota-plug', 'tasmota-lite.bin');
    const common = { settings: WIFI, assume: ['no-backup' as const] };
    const to = await bench.run({
      ...common,
      flowId: 'sonoff-diy',
      link: `virtual:${DEVICE}?unit=1`,
      images: [esphome],
    });
    expect(lastOf(to, 1)).toMatchObject({
      outcome: 'PASS',
      evidence: expect.stringContaining('announces ESPHome') as string,
    });
    const from = await bench.run({
      ...common,
      flowId: 'esphome-ota',
      link: 'virtual:esphome-plug?unit=1',
      images: [tasmota],
    });
    expect(lastOf(from, 1)).toMatchObject({
      outcome: 'PASS',
      evidence: expect.stringContaining('Tasmota') as string,
    });
  },
);
