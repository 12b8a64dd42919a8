import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SHELLY_FAULTS } from '../../src/virtual/shelly/faults.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { practice } from './practice.ts';
import { endsOf, lastOf } from './thermometers.ts';

const FLOW = 'shelly-plug-s';

/** How a unit with this fault ends: the code, or the outcome where all went well. */
const ENDS: Record<(typeof SHELLY_FAULTS)[number]['name'], string> = {
  'auth-401': 'PLUG_LOCKED',
  'accepts-never-fetches': 'DOWNLOAD_NOT_STARTED',
  'pending-long': 'PASS',
  'drops-download': 'DOWNLOAD_BROKEN',
  'ap-fallback': 'PLUG_NOT_FOUND',
  'falls-back': 'OLD_FIRMWARE_STAYED',
  'new-address': 'PASS',
  // The practice LAN has no network of that name, and lets it on all the same.
  'recover-network': 'PASS',
  'stuck-stage2': 'TAKEOVER_STUCK',
  // Never up for long enough to fetch: whether it answers when it is looked at is chance.
  'restarts-in-stage2': 'TAKEOVER_SILENT',
  'slow-stage2': 'PASS',
  // The intermediate firmware takes the end of its connection for the end of the file: nothing can help the unit.
  'drops-target': 'TAKEOVER_CUT',
  // The server sends small pieces: the unit never sees a large one.
  'huge-segments': 'PASS',
  'weak-signal': 'PLUG_SIGNAL_WEAK',
  'just-plugged-in': 'PASS',
};

/** Struck once, the same run goes on by itself, but for what nothing can help. */
const ONCE: Partial<Record<keyof typeof ENDS, string>> = {
  'drops-download': 'PASS',
  'stuck-stage2': 'PASS',
  'restarts-in-stage2': 'PASS',
  'drops-target': 'TAKEOVER_CUT',
};

it('every fault of a Shelly has its own end, and PASS is true', { timeout: 240_000 }, async () => {
  const bench = await practice({ clock: fastClock(5) });
  const images = [await bench.image(FLOW, 'mg2tasmota-ShellyPlugS'), await bench.image(FLOW, '/tasmota.bin')];
  const target = await readFile(images[1]!);
  const cases = [
    ...Object.entries(ENDS),
    ...Object.entries(ONCE).map(([name, end]) => [`${name}-once`, end] as const),
  ];
  const names = cases.map(([name]) => name);
  const run = await bench.run({
    flowId: FLOW,
    link: names.map((name, index) => `virtual:${FLOW}?unit=${index + 1}&fault=${name}`),
    images,
    assume: ['wired', 'pilot'],
    settings: { 'wifi-ssid': 'workshop', 'wifi-password': 'korrekt-horse' },
  });
  expect(Object.keys(ENDS)).toEqual(SHELLY_FAULTS.map(({ name }) => name));
  const ends = endsOf(run).map((end, index) =>
    names[index] === 'restarts-in-stage2' && end === 'TAKEOVER_STUCK' ? 'TAKEOVER_SILENT' : end,
  );
  expect(Object.fromEntries(names.map((name, index) => [name, ends[index]]))).toEqual(
    Object.fromEntries(cases),
  );
  for (const [index, name] of names.entries()) {
    const settled = lastOf(run, index + 1);
    if (settled.outcome === 'PASS') {
      const flash = await bench.flashOf(FLOW, index + 1);
      expect(flash.subarray(0, target.length).equals(target), name).toBe(true);
    } else expect(settled.advice, name).toMatch(/\w/);
    // Where stock firmware is still what starts, the record says nothing of a write that was not finished.
    if (settled.code === 'DOWNLOAD_NOT_STARTED' || settled.code === 'DOWNLOAD_BROKEN')
      expect(settled.notDone, name).toBeUndefined();
  }
});
