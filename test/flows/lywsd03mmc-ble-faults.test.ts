import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { THERMOMETER_FAULTS, type ThermometerFault } from '../../src/virtual/thermometer/faults.ts';
import { practice } from './practice.ts';
import { endsOf, FLOW, lastOf, starts } from './thermometers.ts';

/** How a run by radio ends on a stock unit with this fault: the code, or the outcome where all went well. */
const ENDS: Record<ThermometerFault, string> = {
  // Of the wire and its adapter: nothing of them is met by radio.
  asleep: 'PASS',
  'locked-flash': 'PASS',
  'busy-flash': 'PASS',
  ftdi: 'PASS',
  'tx-rx-swapped': 'PASS',
  'echo-only': 'PASS',
  'led-on-rx': 'PASS',
  'gap-in-stream': 'PASS',
  'drops-characters': 'PASS',
  'blank-after-flash': 'PASS',
  watchdog: 'PASS',
  'swapped-unit': 'PASS',
  'unplugged-at-50%': 'PASS',
  // Of the unit.
  'no-power': 'BLE_CONNECT_FAILED',
  'dies-at-50%': 'OTA_INTERRUPTED',
  // The practice bench without a screen has changed the cell.
  'low-battery': 'PASS',
  // It is activated in this run and needs no login.
  'wrong-token': 'PASS',
  'lost-frame': 'PASS',
  'drops-link-at-50%': 'OTA_INTERRUPTED',
  'ota-status-3': 'OTA_FLASH_FAILED',
  'old-firmware-returns': 'OLD_FIRMWARE_RETURNED',
  'weak-signal': 'OTA_INTERRUPTED',
  neighbours: 'PASS',
};

/** Struck once, the same run goes on by itself. */
const ONCE: Partial<Record<ThermometerFault, string>> = {
  'drops-link-at-50%': 'PASS',
  'lost-frame': 'PASS',
  'ota-status-3': 'OTA_FLASH_FAILED',
  'old-firmware-returns': 'OLD_FIRMWARE_RETURNED',
};

it(
  'every fault of a thermometer has its own end by radio, and PASS is true',
  { timeout: 60_000 },
  async () => {
    const bench = await practice();
    const file = await bench.image('thermometer', 'thermometer-pvvx.bin');
    const image = await readFile(file);
    const cases = [
      ...THERMOMETER_FAULTS.map(({ name }) => [name, ENDS[name]] as const),
      ...Object.entries(ONCE).map(([name, end]) => [`${name}-once`, end] as const),
    ];
    const link = cases.map(
      ([name], index) => `virtual:thermometer?unit=${index + 1}&fault=${encodeURIComponent(name)}`,
    );
    const run = await bench.run({ flowId: FLOW, link, images: [file], settings: { 'listen-seconds': '10' } });
    const ends = endsOf(run);
    expect(Object.fromEntries(cases.map(([name], index) => [name, ends[index]]))).toEqual(
      Object.fromEntries(cases),
    );
    for (const unit of run.results.keys()) {
      const settled = lastOf(run, unit);
      if (settled.outcome === 'PASS')
        expect(starts(await bench.flashOf('thermometer', unit), image), cases[unit - 1]![0]).toBe(true);
      else expect(settled.advice, settled.code).toMatch(/\w/);
    }
    expect(lastOf(run, cases.findIndex(([name]) => name === 'old-firmware-returns') + 1)).toMatchObject({
      outcome: 'FAIL',
      message: expect.stringContaining('Uploaded cleanly, and the old firmware came back') as string,
    });
  },
);

it(
  'a bound unit that goes by another token than it was registered with is not opened',
  { timeout: 30_000 },
  async () => {
    const bench = await practice();
    const file = await bench.image('thermometer', 'thermometer-pvvx.bin');
    const link = 'virtual:thermometer?unit=1&state=stock-1.0.0_0130-bound&fault=wrong-token';
    const run = await bench.run({
      flowId: FLOW,
      link,
      images: [file],
      settings: { token: '00112233445566778899aabb' },
    });
    expect(endsOf(run)).toEqual(['MI_TOKEN_WRONG']);
  },
);
