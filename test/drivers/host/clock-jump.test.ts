import { describe, expect, it } from 'vitest';
import { watchClockJumps } from '../../../src/drivers/host/clock-jump.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

describe('watching for clock jumps', () => {
  const watch = () => {
    const clock = new ManualClock();
    const jumps: number[] = [];
    const stop = watchClockJumps(clock, (ms) => jumps.push(ms));
    return { clock, jumps, stop };
  };

  it('hears nothing while time passes as it should', () => {
    const { clock, jumps } = watch();
    clock.pass(3_600_000);
    clock.jump(300);
    clock.pass(10_000);
    expect(jumps).toEqual([]);
  });

  it('hears of sleep that stops the monotonic clock, once', () => {
    const { clock, jumps } = watch();
    clock.pass(2500);
    clock.jump(1_800_000);
    clock.pass(60_000);
    expect(jumps).toEqual([1_800_000]);
  });

  it('hears of sleep during which both clocks ran on', () => {
    const { clock, jumps } = watch();
    clock.stall(600_000);
    expect(jumps).toEqual([599_000]);
    clock.pass(10_000);
    expect(jumps).toHaveLength(1);
  });

  it('hears of a clock that was set back', () => {
    const { clock, jumps } = watch();
    clock.jump(-3_600_000);
    clock.pass(5000);
    expect(jumps).toEqual([-3_600_000]);
  });

  it('hears nothing after its end', () => {
    const { clock, jumps, stop } = watch();
    stop();
    clock.jump(1_800_000);
    clock.pass(60_000);
    expect(jumps).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
