import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { settle } from '../harness/manual-clock.ts';
import { RawUnit, SYNC, unslip } from './harness/wire-bench.ts';

// Sequences of section 11 of the loader reference: D and R, 1 = asserted, then ms.
type Step = [dtr: 0 | 1, rts: 0 | 1, ms: number];
const CLASSIC: Step[] = [
  [0, 0, 0],
  [0, 1, 100],
  [1, 1, 0],
  [1, 0, 50],
  [0, 0, 0],
];
const TIGHT: Step[] = [
  [0, 0, 0],
  [1, 1, 0],
  [0, 1, 100],
  [1, 0, 50],
  [0, 0, 0],
];
/** One line at a time over a network: 60 ms from one to the other. */
const SLOW: Step[] = [
  [0, 0, 60],
  [0, 1, 160],
  [1, 1, 60],
  [1, 0, 110],
  [0, 0, 60],
];
const HARD_RESET: Step[] = [
  [0, 1, 100],
  [0, 0, 0],
];

const move = async (unit: RawUnit, steps: Step[]) => {
  for (const [dtr, rts, ms] of steps) {
    await unit.port.setLines({ dtr: dtr === 1, rts: rts === 1 });
    await unit.clock.advance(ms);
  }
};

describe('wiring=lines', () => {
  it('powers the unit in normal boot when the port opens', async () => {
    const unit = await RawUnit.open('virtual:lamp?wiring=lines');
    expect(unit.port.hasControlLines).toBe(true);
    await settle();
    expect(unit.text()).toContain('boot:0x13 (SPI_FAST_FLASH_BOOT)');
  });

  it.each([
    ['classic', CLASSIC],
    ['tight', TIGHT],
    ['slow', SLOW],
  ])('goes into the loader by the %s sequence, and back by a hard reset', async (_, sequence) => {
    const unit = await RawUnit.open('virtual:lamp?wiring=lines');
    await settle();
    unit.heard();
    await move(unit, sequence);
    expect(unit.text()).toContain('waiting for download');
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
    await move(unit, HARD_RESET);
    await unit.clock.advance(100);
    expect(unit.text()).toContain('boot:0x13 (SPI_FAST_FLASH_BOOT)');
    expect(unslip(await unit.send(SYNC))).toHaveLength(0);
  });

  it('does nothing when both lines are asserted, as many drivers do on opening', async () => {
    const unit = await RawUnit.open('virtual:lamp?wiring=lines');
    await move(unit, CLASSIC);
    unit.heard();
    await move(unit, [
      [1, 1, 2000],
      [0, 0, 100],
    ]);
    expect(unit.text()).toBe('');
    expect(unslip(await unit.send(SYNC))).toHaveLength(8);
  });

  it('is not there on three wires', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    expect(unit.port.hasControlLines).toBe(false);
    await expect(unit.port.setLines({ dtr: true, rts: false })).rejects.toSatisfy((error) =>
      isBenchError(error, 'NO_CONTROL_LINES'),
    );
  });
});
