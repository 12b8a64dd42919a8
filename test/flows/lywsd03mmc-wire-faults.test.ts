import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { THERMOMETER_FAULTS, type ThermometerFault } from '../../src/virtual/thermometer/faults.ts';
import { practice } from './practice.ts';

/** How a run ends on a unit with this fault: the code, or the outcome where all went well in spite of it. */
const ENDS: Record<ThermometerFault, string[]> = {
  asleep: ['PASS'],
  'locked-flash': ['PASS'],
  'busy-flash': ['PASS'],
  ftdi: ['SWS_READ_UNRELIABLE'],
  'tx-rx-swapped': ['NO_ECHO'],
  'no-power': ['SWS_NO_ANSWER'],
  'echo-only': ['SWS_NO_ANSWER'],
  'led-on-rx': ['ECHO_GARBLED'],
  'gap-in-stream': ['SWS_VERIFY_MISMATCH'],
  'drops-characters': ['PASS'],
  'blank-after-flash': ['PASS'],
  watchdog: ['PASS'],
  'swapped-unit': ['UNIT_SWAPPED', 'PASS'],
  // Met anew once and written again, and it dies again.
  'dies-at-50%': ['SWS_NO_ANSWER'],
  'unplugged-at-50%': ['LINK_LOST'],
  'low-battery': ['PASS'],
  // Those of the radio do not touch the wire, and the proof gets through.
  'wrong-token': ['PASS'],
  'lost-frame': ['PASS'],
  'drops-link-at-50%': ['PASS'],
  'ota-status-3': ['PASS'],
  'old-firmware-returns': ['PASS'],
  'weak-signal': ['PASS'],
  neighbours: ['PASS'],
};

describe('every fault of a virtual thermometer by wire', () => {
  it('ends in its own outcome, and PASS is true', { timeout: 120_000 }, async () => {
    const bench = await practice();
    const image = await readFile(await bench.image('thermometer', 'thermometer-pvvx.bin'));
    const faults = THERMOMETER_FAULTS.map(({ name }) => name);
    const link = `virtual:thermometer?n=${faults.length}&${faults.map((name, index) => `fault=${index + 1}:${encodeURIComponent(name)}`).join('&')}`;
    const { results } = await bench.run({
      flowId: 'lywsd03mmc-wire',
      link,
      images: [await bench.image('thermometer', 'thermometer-pvvx.bin')],
      settings: { activation: '2', listen: '5' },
    });
    const runsOf = (fault: string) => results.get(faults.indexOf(fault as ThermometerFault) + 1)!;
    const ends = Object.fromEntries(
      faults.map((name) => [name, runsOf(name).map(({ code, outcome }) => code ?? outcome)]),
    );
    expect(ends).toEqual(ENDS);
    for (const [unit, runs] of results) {
      for (const run of runs) if (run.outcome !== 'PASS') expect(run.advice, run.code).toMatch(/\w/);
      if (runs.at(-1)!.outcome !== 'PASS') continue;
      const held = await bench.flashOf('thermometer', runs.length > 1 ? unit + 5000 : unit);
      expect(held.subarray(0, image.length).equals(image), `unit ${unit}`).toBe(true);
    }
    expect(runsOf('blank-after-flash')[0]!.message).toContain('twice');
  });
});
